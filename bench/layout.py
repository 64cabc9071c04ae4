"""Who sits where: which client is in which channel, which worker drives it, in which order they speak."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """`clients` clients in channels of `channel_size` (0: in none), driven by `workers` processes."""

    clients: int
    channel_size: int
    workers: int = 1
    sampled: int = 16
    pairs: bool = False
    """Neighbours talk to each other, each to the other's nick."""
    deaf: int = 0
    """Of so many clients in a row the last one stops reading when the talking begins; 0: all read."""

    def nick(self, index: int) -> str:
        """Digits after a fixed letter: nine characters at most, and no two that look alike."""
        return f"n{index:05d}"

    def channel(self, index: int) -> str:
        """The channel of client `index`; the same for `channel_size` clients in a row."""
        return f"#b{index // self.channel_size:04d}" if self.channel_size else ""

    def target(self, index: int) -> str:
        """To whom, or to which channel, client `index` speaks."""
        return self.nick(index ^ 1) if self.pairs else self.channel(index)

    def is_deaf(self, index: int) -> bool:
        """Whether client `index` stops reading."""
        return bool(self.deaf) and index % self.deaf == self.deaf - 1

    @property
    def copies(self) -> int:
        """How many others, of those who read, get what one says."""
        if self.pairs:
            return 1
        return sum(not self.is_deaf(index) for index in range(self.channel_size)) - 1

    def members(self, room: int) -> int:
        """How many clients share channel number `room`; the last one may be smaller."""
        return min(self.channel_size, self.clients - room * self.channel_size)

    @property
    def rooms(self) -> int:
        """Number of channels."""
        return -(-self.clients // self.channel_size) if self.channel_size else 0

    @property
    def join_lines(self) -> int:
        """JOIN lines that all clients together receive: each sees his own and those of all who come later."""
        return sum(self.members(room) * (self.members(room) + 1) // 2 for room in range(self.rooms))

    def mine(self, worker: int) -> range:
        """The clients that `worker` drives: neighbours, so that a small channel lies in one worker."""
        return range(self.clients * worker // self.workers, self.clients * (worker + 1) // self.workers)

    def is_sampled(self, index: int) -> bool:
        """Whether the latency of what this client receives is taken: `sampled` of them, evenly spread.

        Of as many shares it is the middle of each, so that it makes no difference whether a server begins with those
        who came first, or last.
        """
        if self.is_deaf(index):
            return False
        return self._middles(index + 1) != self._middles(index)

    def _middles(self, index: int) -> int:
        """In how many shares the middle is among the first `index` clients."""
        return (2 * index * min(self.sampled, self.clients) + self.clients) // (2 * self.clients)

    def speakers(self, worker: int) -> list[int]:
        """The order in which the clients of `worker` speak: one of each channel, then the next of each."""
        size = self.channel_size or 1
        reading = (index for index in self.mine(worker) if not self.is_deaf(index))
        return sorted(reading, key=lambda index: (index % size, index))


def due(total: int, worker: int, workers: int) -> int:
    """Of the messages 0 to total-1, which the workers send in turn: how many are `worker`'s."""
    return max(0, (total - worker + workers - 1) // workers)
