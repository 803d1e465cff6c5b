"""Figures: tables in, axes out. Importing this package loads matplotlib; importing `sim` does not."""

from .border_cases import border_shares, border_times, border_times_data
from .by_date import by_date, by_date_data
from .by_policy import by_policy
from .chart import Chart, save_chart
from .heat_map import heat_map
from .incidence import diversion_to_detection, incidence_data
from .landmark_value import landmark_value, landmark_value_data
from .layout import frame, panels
from .policies import Setting, by_lever, hide_labels, name_values, policies_data, status_quo_band, trade_off
from .site_sample import sample_bias, sample_bias_data
from .states import chips_by_state, states_data
from .style import house_style, new_figure, percent, source_line, territory_name
from .time_to_beat import time_to_beat, time_to_beat_data
from .verifiability_map import verifiability_data, verifiability_map
from .volume_prior import volume_by_detection, volume_by_detection_data, volume_by_year, volume_by_year_data
from .who_wins import who_wins, who_wins_key

__all__ = [
    "Chart",
    "Setting",
    "border_shares",
    "border_times",
    "border_times_data",
    "by_date",
    "by_date_data",
    "by_lever",
    "by_policy",
    "chips_by_state",
    "diversion_to_detection",
    "frame",
    "heat_map",
    "hide_labels",
    "house_style",
    "incidence_data",
    "landmark_value",
    "landmark_value_data",
    "name_values",
    "new_figure",
    "panels",
    "percent",
    "policies_data",
    "sample_bias",
    "sample_bias_data",
    "save_chart",
    "source_line",
    "states_data",
    "status_quo_band",
    "territory_name",
    "time_to_beat",
    "time_to_beat_data",
    "trade_off",
    "verifiability_data",
    "verifiability_map",
    "volume_by_detection",
    "volume_by_detection_data",
    "volume_by_year",
    "volume_by_year_data",
    "who_wins",
    "who_wins_key",
]
