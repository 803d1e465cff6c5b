"""The questions in the order in which a reader meets them, by chapter."""

CHAPTERS: dict[str, tuple[str, ...]] = {
    "What the rule finds": ("baseline", "registry", "whistleblowers", "next_order", "start_date"),
    "How to ask, and what silence means": ("ping_interval", "silence", "detectors", "inspectors", "ping_or_inspect"),
    "Where chips can be told apart": ("clearance", "landmarks", "border_cases", "johor", "deployments"),
    "Ways round it": ("evasion", "key_compromise"),
    "Whom it covers": ("coverage", "opt_in", "gulf_deals", "tiers"),
    "Money, smugglers' answers and substitutes": ("deterrence", "compute_gap", "substitutes", "frontier"),
    "How far the answers can be trusted": ("cset_benchmark", "tornado", "volume_prior", "site_sample"),
}
