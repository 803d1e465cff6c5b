"""How much a landmark lets be asked of it: token buckets, global, by host and by session key, in bounded memory.

The order counts. Reading a request and verifying its signature is what costs, so that the host's bucket and the global one
are asked before; the key's bucket is asked after, lest a stranger who repeats somebody's key empty it. A flood from one host
empties that host's bucket and leaves the global one to others. A flood under many invented addresses empties the global one:
then requests are refused, and what the landmark has begun goes on, since responses take nothing from these buckets.
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..errors import TooManyFromHost, TooManyFromKey, TooManyRequests

_Who = TypeVar("_Who", str, bytes)


@dataclass(frozen=True)
class Rate:
    """So many in a second on average, and so many at once.

    Attributes:
        per_s: tokens that return in a second, > 0.
        burst: tokens that a full bucket holds, >= 1.
    """

    per_s: float
    burst: float


class Bucket:
    """A token bucket; full to begin with.

    Args:
        rate: how fast it fills, and how much it holds.
        now_ns: the clock by which it fills.
    """

    __slots__ = ("_at_ns", "_rate", "_tokens")

    def __init__(self, rate: Rate, now_ns: int) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at_ns = now_ns

    def take(self, now_ns: int) -> bool:
        """Take one token, if there is one. An arrival before the last one, which stamps allow for, adds nothing."""
        now_ns = max(now_ns, self._at_ns)
        filled = self._tokens + (now_ns - self._at_ns) * self._rate.per_s / 1e9
        self._tokens = min(filled, self._rate.burst)
        self._at_ns = now_ns
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Buckets(Generic[_Who]):
    """A bucket for each of many, of which the least recently asked is forgotten where there are too many.

    Forgetting gives a full bucket back. Whoever can show up under as many names as are kept can so evade its own bucket, and
    meets the global one.

    Args:
        rate: of each.
        most: buckets that are kept.
    """

    def __init__(self, rate: Rate, most: int) -> None:
        self._rate = rate
        self._most = most
        self._buckets: OrderedDict[_Who, Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Buckets kept at present."""
        return len(self._buckets)

    def take(self, who: _Who, now_ns: int) -> bool:
        """Take one token out of somebody's bucket, if there is one."""
        bucket = self._buckets.get(who)
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._buckets.popitem(last=False)
            bucket = self._buckets[who] = Bucket(self._rate, now_ns)
        self._buckets.move_to_end(who)
        return bucket.take(now_ns)


class Gate:
    """The three limits together.

    Args:
        everybody: of all requests.
        host: of the requests from one host; of one network of 64 bits in IPv6, which is what one host gets.
        key: of the exchanges with one session key.
        most: hosts, and keys, that are remembered.
        now_ns: any clock that does not go back.
    """

    def __init__(self, *, everybody: Rate, host: Rate, key: Rate, most: int, now_ns: int) -> None:
        self._everybody = Bucket(everybody, now_ns)
        self._hosts: Buckets[str] = Buckets(host, most)
        self._keys: Buckets[bytes] = Buckets(key, most)

    def admit_host(self, host: str, now_ns: int) -> None:
        """Before a request is read.

        Raises:
            TooManyFromHost, TooManyRequests.
        """
        if not self._hosts.take(_network(host), now_ns):
            raise TooManyFromHost(host)
        if not self._everybody.take(now_ns):
            raise TooManyRequests("from everybody together")

    def admit_key(self, session_key: bytes, now_ns: int) -> None:
        """After the request's signature has been verified.

        Raises:
            TooManyFromKey.
        """
        if not self._keys.take(session_key, now_ns):
            raise TooManyFromKey("with this session key")


def _network(host: str) -> str:
    """What one host has: an IPv4 address, or in IPv6 all that begin with the same 64 bits."""
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or int(address) >> 64)
