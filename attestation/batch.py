"""Batches: one signature of a chip answers many nonces, by way of a hash tree (RFC 9162 section 2.1).

K landmarks have each sent a nonce. Instead of signing K times, or of listing all K nonces in one token, the chip builds a
tree with the nonces as leaves and signs its root. Whoever issued all the nonces builds the same tree; whoever knows one of
them is handed a proof of at most seven hashes that it is in there. The tree belongs to one chip, whose key signs the root:
a batch over several chips, signed by their host, would show that the host has a key, and nothing about the chips.

The token carries as `eat_nonce` the SHA-256 of ["location batch", size, root]: a root alone does not say how large its tree
is, so that the signature covers the size too.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import cbor
from .claims import MAX_NONCES
from .errors import (
    BadProof,
    BadProofNode,
    IndexOutsideTree,
    InvalidArgument,
    ProofTooLong,
    ProofTooShort,
    RootMismatch,
)

HASH_BYTES = 32


def hash_leaf(entry: bytes) -> bytes:
    """The hash of a leaf, 32 bytes (RFC 9162 section 2.1.1); its prefix keeps a node from passing for an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of a node over the hashes of its two children, 32 bytes (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def batch_nonce(size: int, root: bytes) -> bytes:
    """What a chip signs as `eat_nonce` for a batch, 32 bytes.

    Args:
        size: number of nonces in the tree.
        root: of the tree, 32 bytes.
    """
    return hashlib.sha256(cbor.dumps(["location batch", size, root])).digest()


@dataclass(frozen=True)
class InclusionProof:
    """The way from a leaf to the root: the sibling at each level that has one, from the leaves up.

    Attributes:
        size: number of leaves of the tree.
        index: of the leaf, from 0.
        path: hashes of 32 bytes.
    """

    size: int
    index: int
    path: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The proof as [size, index, path] in deterministic CBOR, the inclusion proof of COSE receipts (RFC 9942).

        Raises:
            InvalidArgument: it is not of a batch that anybody would read.
        """
        if not 2 <= self.size <= MAX_NONCES:
            raise InvalidArgument(f"a batch has 2 to {MAX_NONCES} nonces, not {self.size}")
        return cbor.dumps([self.size, self.index, list(self.path)])

    @classmethod
    def decode(cls, data: bytes) -> "InclusionProof":
        """Read a proof. That it fits its tree is for `verify_inclusion`.

        Raises:
            MalformedBytes, BadProof.
        """
        fields = cbor.loads(data)
        if type(fields) is not list or len(fields) != 3:
            raise BadProof("must be an array of size, index and path")
        size, index, path = fields
        if type(size) is not int or not 2 <= size <= MAX_NONCES:
            raise BadProof(f"size must be an integer from 2 to {MAX_NONCES}")
        if type(index) is not int or type(path) is not list:
            raise BadProof("index must be an integer and path an array")
        return cls(size, index, tuple(path))


@dataclass(frozen=True)
class Tree:
    """A hash tree over entries, level by level: the hashes of the leaves first, the root alone on the last.

    The last node of a level of odd length stands for itself on the next: these are the trees of RFC 9162 section 2.1.1.
    """

    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def of(cls, entries: Iterable[bytes]) -> "Tree":
        """The tree over entries, in their order.

        Raises:
            InvalidArgument: there are none.
        """
        level = [hash_leaf(entry) for entry in entries]
        if not level:
            raise InvalidArgument("a tree has at least one entry")
        levels = [tuple(level)]
        while len(level) > 1:
            paired = [hash_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            level = paired + level[2 * len(paired) :]
            levels.append(tuple(level))
        return cls(tuple(levels))

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self.levels[0])

    @property
    def root(self) -> bytes:
        """Hash of the root, 32 bytes."""
        return self.levels[-1][0]

    @property
    def nonce(self) -> bytes:
        """What the chip signs: see `batch_nonce`."""
        return batch_nonce(self.size, self.root)

    def proof(self, index: int) -> InclusionProof:
        """The proof that the entry at an index is in the tree (RFC 9162 section 2.1.3.1).

        Raises:
            InvalidArgument: there is no such entry.
        """
        if not 0 <= index < self.size:
            raise InvalidArgument(f"entry {index} of {self.size}")
        path = []
        at = index
        for level in self.levels[:-1]:
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
            at >>= 1
        return InclusionProof(self.size, index, tuple(path))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is in the tree with this root (RFC 9162 section 2.1.3.2).

    Args:
        leaf_hash: hash of the leaf, see `hash_leaf`.
        index: of the leaf, from 0.
        size: number of leaves.
        proof: siblings on the way to the root, from the leaves up.
        root: hash of the root.

    Raises:
        BatchRefused: as one of its subclasses.
    """
    _check_hash(root, "the root")
    if root_of(leaf_hash, index, size, proof) != root:
        raise RootMismatch("leaf and proof lead to another root")


def verify_answer(nonce: bytes, proof: InclusionProof, signed: bytes) -> None:
    """Check that what a chip has signed answers a nonce, among others.

    Args:
        nonce: the one that was issued.
        proof: that it is in the batch.
        signed: the one `eat_nonce` of the chip's token.

    Raises:
        BatchRefused: as one of its subclasses.
    """
    root = root_of(hash_leaf(nonce), proof.index, proof.size, proof.path)
    if batch_nonce(proof.size, root) != signed:
        raise RootMismatch("nonce and proof lead to another root or size than was signed")


def root_of(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which a leaf and its proof lead, 32 bytes; see `verify_inclusion`.

    Raises:
        IndexOutsideTree, ProofTooShort, ProofTooLong, BadProofNode.
    """
    _check_hash(leaf_hash, "the leaf")
    if type(index) is not int or type(size) is not int or not 0 <= index < size:
        raise IndexOutsideTree(f"leaf {index!r} of a tree of {size!r}")
    # The node that we stand on and the last one of its level, counted from 0. On level 0 these are leaves.
    at, last = index, size - 1
    result = leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofTooLong(f"{len(proof)} hashes lead beyond the root of a tree of {size}")
        _check_hash(sibling, "a node of the proof")
        if at & 1 or at == last:
            while not at & 1:  # the last of an odd level has no sibling and stands for itself further up
                at, last = at >> 1, last >> 1
            result = hash_node(sibling, result)
        else:
            result = hash_node(result, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofTooShort(f"{len(proof)} hashes do not lead to the root of a tree of {size}")
    return result


def _check_hash(value: object, what: str) -> None:
    if type(value) is not bytes or len(value) != HASH_BYTES:
        raise BadProofNode(f"{what} must have {HASH_BYTES} bytes")
