"""Section 16: a link is the two logs of a pair of addresses, and they bear witness for each other."""

from . import entries
from .entries import MESSAGE, RECEIPT, RESTART, Entry
from .names import ZEROS
from .refused import need


class Log:
    """One direction, in order. Signatures have been checked before."""

    def __init__(self, sender: str, receiver: str):
        self.sender, self.receiver = sender, receiver
        self.entries: list[Entry] = []
        self.places: dict = {}
        self.ids: dict = {}

    @property
    def head(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    def add(self, entry: Entry) -> None:
        where = f"{entry.sender} to {entry.receiver}, epoch {entry.epoch}, seq {entry.seq}"
        need((entry.sender, entry.receiver) == (self.sender, self.receiver), "link", f"{where}: of another log")
        place = (entry.epoch, entry.seq)
        if place in self.places:
            same = self.places[place].id == entry.id
            need(same, "fork", f"{where}: two entries at one place")
            need(not same, "chain", f"{where}: twice")
        head = self.head
        if head is not None and entry.epoch == head.epoch:
            need(entry.seq == head.seq + 1, "chain", f"{where}: follows seq {head.seq}")
            need(entry.prev == head.id, "fork", f"{where}: does not follow the entry before it")
        else:
            need(head is None or entry.epoch > head.epoch, "chain", f"{where}: epochs do not rise")
            need(entry.seq == 1, "chain", f"{where}: an epoch begins with seq 1")
            if head is None:
                need(entry.type != RESTART, "restart", f"{where}: nothing is known that it restarts")
            else:
                need(entry.type == RESTART, "restart", f"{where}: a later epoch begins with restart")
                named = (entry.old_epoch, entry.old_seq, entry.old_hash)
                need(named == (head.epoch, head.seq, head.id), "restart", f"{where}: names another head")
        self.entries.append(entry)
        self.places[place] = self.ids[entry.id] = entry


def check_peers(one: Log, other: Log) -> None:
    """What the entries of `one` say they had seen of `other`: those entries, in an order that can have been."""
    seen, epoch = -1, 0
    index = {entry.id: number for number, entry in enumerate(other.entries)}
    own = {entry.id: number for number, entry in enumerate(one.entries)}
    for number, entry in enumerate(one.entries):
        where = f"{entry.sender} to {entry.receiver}, seq {entry.seq}"
        if entry.epoch != epoch:
            # After a loss the writer may hold less than before.
            seen, epoch = -1, entry.epoch
        if entry.peer_hash == ZEROS:
            need(seen == -1, "peer", f"{where}: saw something before and now nothing")
            continue
        named = other.places.get(entry.peer)
        need(named is not None, "missing", f"{where}: saw an entry of the other log that is not here")
        need(named.id == entry.peer_hash, "fork", f"{where}: saw another entry at that place of the other log")
        need(index[named.id] >= seen, "peer", f"{where}: saw less of the other log than before")
        seen = index[named.id]
        # What it saw cannot have seen itself.
        back = own.get(named.peer_hash)
        need(back is None or back < number, "peer", f"{where}: two entries saw each other")


def check_receipts(one: Log, other: Log) -> dict:
    """Receipts of `one` about messages of `other`: which of them count, by message. Of each kind the first does, and
    none after the last word."""
    known: dict = {}
    index = {entry.id: number for number, entry in enumerate(other.entries)}
    for entry in one.entries:
        if entry.type == RECEIPT:
            message = other.ids.get(entry.message)
            where = f"{entry.sender} to {entry.receiver}, seq {entry.seq}"
            need(message is not None, "receipt", f"{where}: about no message of the other log")
            need(message.type == MESSAGE, "receipt", f"{where}: about an entry that is no message")
            saw = other.places.get(entry.peer)
            need(saw is not None and index[saw.id] >= index[message.id], "receipt", f"{where}: before the message")
            had = known.setdefault(entry.message, [])
            if entry.what not in had and not {entries.IMPORTED, entries.REJECTED} & set(had):
                had.append(entry.what)
        elif entry.type in (entries.CANCEL, entries.EXPIRE):
            message = one.ids.get(entry.message)
            need(message is not None and message.type == MESSAGE, "cancel", "of no message of this log")
    return known
