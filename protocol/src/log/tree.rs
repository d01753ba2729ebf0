//! The tree of the log: it grows at its end, and answers for every earlier size.

use std::fmt;

use super::node_hash;
use crate::ids::Hash;

/// Leaves under one hash that is kept: 2^9. A node keeps leaves in records of as many.
pub const GROUP: u64 = 512;
/// How often [`GROUP`] can be halved.
const GROUP_LEVEL: u32 = GROUP.trailing_zeros();
/// The longest proof: a tree of 2^64 leaves.
pub(super) const MAX_PATH: usize = 64;

/// A tree that only grows. It keeps what its root needs, one hash per set bit of its size, and what roots of earlier sizes
/// and proofs need beside the leaves themselves: one hash per full [`GROUP`] of leaves (31 KB for 500,000), and those of
/// the leaves behind the last full group.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the perfect subtrees, from the largest (left) to the smallest.
    peaks: Vec<Hash>,
    /// Roots over the full groups.
    groups: Vec<Hash>,
    /// Hashes of the leaves behind them.
    tail: Vec<Hash>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf by its hash. Constant work on average.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        self.tail.push(leaf);
        // Every trailing one of the size is a peak of the same height: it becomes a left half.
        for level in 1..=self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
            if level == GROUP_LEVEL {
                self.groups.push(hash);
                self.tail.clear();
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Hash::of(&[]);
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The root that the tree had when it had `size` leaves. `leaves` gives the hashes of the leaves of a full group by
    /// its number; it is asked for one group at most. `None` if the tree is not that long, or what `leaves` gives is not
    /// what the tree was built from.
    ///
    /// # Errors
    /// Those of `leaves`.
    pub fn root_at<E>(&self, size: u64, leaves: impl FnMut(u64) -> Result<Vec<Hash>, E>) -> Result<Option<Hash>, E> {
        match size {
            0 => Ok(Some(Hash::of(&[]))),
            size if size == self.size => Ok(Some(self.root())),
            size if self.size < size => Ok(None),
            size => Ranges { tree: self, leaves, read: None }.root(0, size),
        }
    }

    /// Proves that a leaf stands at `index` of the tree that it was when it had `size` leaves (RFC 6962, section 2.1.1).
    /// `leaves` is as in [`Tree::root_at`], asked for two groups at most; `None` as there, or if there is no such leaf.
    ///
    /// # Errors
    /// Those of `leaves`.
    pub fn prove<E>(
        &self,
        index: u64,
        size: u64,
        leaves: impl FnMut(u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Option<Vec<Hash>>, E> {
        if self.size < size || size <= index {
            return Ok(None);
        }
        let mut ranges = Ranges { tree: self, leaves, read: None };
        let (mut low, mut high, mut path) = (0, size, Vec::new());
        while 1 < high - low {
            let middle = low + left_half(high - low);
            let (sibling, next) =
                if index < middle { ((middle, high), (low, middle)) } else { ((low, middle), (middle, high)) };
            let Some(hash) = ranges.root(sibling.0, sibling.1)? else { return Ok(None) };
            path.push(hash);
            (low, high) = next;
        }
        path.reverse();
        Ok(Some(path))
    }

    /// Proves that the tree of `from` leaves is the beginning of the one of `to` leaves (RFC 6962, section 2.1.2), both
    /// as this tree was then. `leaves` is as in [`Tree::root_at`], asked for two groups at most; `None` as there, or if
    /// not 1 <= from <= to.
    ///
    /// # Errors
    /// Those of `leaves`.
    pub fn lead_on<E>(
        &self,
        from: u64,
        to: u64,
        leaves: impl FnMut(u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Option<Vec<Hash>>, E> {
        if from == 0 || to < from || self.size < to {
            return Ok(None);
        }
        let mut ranges = Ranges { tree: self, leaves, read: None };
        let (mut low, mut high, mut path) = (0, to, Vec::new());
        // Down to the subtree at whose end the shorter tree ends; whether it is the shorter tree itself.
        let mut whole = true;
        while from < high {
            let middle = low + left_half(high - low);
            let sibling = if from <= middle { (middle, high) } else { (low, middle) };
            let Some(hash) = ranges.root(sibling.0, sibling.1)? else { return Ok(None) };
            path.push(hash);
            if from <= middle {
                high = middle;
            } else {
                (low, whole) = (middle, false);
            }
        }
        if !whole {
            let Some(hash) = ranges.root(low, high)? else { return Ok(None) };
            path.push(hash);
        }
        path.reverse();
        Ok(Some(path))
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} leaves, {:?})", self.size, self.root())
    }
}

/// The largest power of two below a size of two or more.
const fn left_half(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// Roots over parts of a tree, of which leaves are read where no hash is kept.
struct Ranges<'a, F> {
    tree: &'a Tree,
    leaves: F,
    /// The group that was read last.
    read: Option<(u64, Vec<Hash>)>,
}

impl<E, F: FnMut(u64) -> Result<Vec<Hash>, E>> Ranges<'_, F> {
    /// The root over the leaves from `low` to before `high`, which is a subtree of some size of the tree: it begins at a
    /// multiple of the power of two that is not below its length, so that a short one lies in one group.
    fn root(&mut self, low: u64, high: u64) -> Result<Option<Hash>, E> {
        let length = high - low;
        if length == GROUP && low.is_multiple_of(GROUP) {
            let kept = usize::try_from(low / GROUP).ok().and_then(|group| self.tree.groups.get(group));
            return Ok(kept.copied());
        }
        if length <= GROUP {
            return self.within_group(low, high);
        }
        let middle = low + left_half(length);
        let (Some(left), Some(right)) = (self.root(low, middle)?, self.root(middle, high)?) else { return Ok(None) };
        Ok(Some(node_hash(&left, &right)))
    }

    fn within_group(&mut self, low: u64, high: u64) -> Result<Option<Hash>, E> {
        let group = low / GROUP;
        let (from, upto) = ((low % GROUP) as usize, (low % GROUP + (high - low)) as usize);
        let Some(kept) = usize::try_from(group).ok().and_then(|group| self.tree.groups.get(group)) else {
            return Ok(self.tree.tail.get(from..upto).map(root_of));
        };
        if self.read.as_ref().is_none_or(|(read, _)| *read != group) {
            let leaves = (self.leaves)(group)?;
            // What lies on a disk may have changed.
            if leaves.len() as u64 != GROUP || root_of(&leaves) != *kept {
                return Ok(None);
            }
            self.read = Some((group, leaves));
        }
        Ok(self.read.as_ref().and_then(|(_, leaves)| leaves.get(from..upto)).map(root_of))
    }
}

/// The root over leaf hashes.
pub(super) fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// Checks such a proof of [`Tree::lead_on`] (RFC 9162, section 2.1.4.2): the tree of `to` leaves and root `new` begins with
/// the one of `from` leaves and root `old`. An empty tree is the beginning of every other and proven by nothing: refused.
#[must_use]
pub fn verify_lead_on((from, old): (u64, &Hash), (to, new): (u64, &Hash), path: &[Hash]) -> bool {
    if from == to {
        return 0 < from && path.is_empty() && old == new;
    }
    if from == 0 || to < from || MAX_PATH < path.len() {
        return false;
    }
    // A shorter tree of a power of two is a subtree of the longer one, and not repeated in the path.
    let mut hashes = from.is_power_of_two().then_some(old).into_iter().chain(path);
    let Some(first) = hashes.next() else { return false };
    let (mut node, mut last) = (from - 1, to - 1);
    let skipped = node.trailing_ones();
    // 64 ones would be a tree of 2^64 leaves, which no u64 counts.
    (node, last) = (node >> skipped, last >> skipped);
    let (mut short, mut long) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            (short, long) = (node_hash(sibling, &short), node_hash(sibling, &long));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            long = node_hash(&long, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && short == *old && long == *new
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::{
        super::{leaf_hash, prove, verify},
        *,
    };

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn tree(leaves: &[Hash]) -> Tree {
        let mut tree = Tree::new();
        tree.extend(leaves.iter().copied());
        tree
    }

    /// Gives groups, and counts how many.
    fn reading<'a>(
        leaves: &'a [Hash],
        count: &'a mut usize,
    ) -> impl FnMut(u64) -> Result<Vec<Hash>, Infallible> + use<'a> {
        move |group| {
            *count += 1;
            let from = usize::try_from(group * GROUP).unwrap();
            Ok(leaves[from..from + GROUP as usize].to_vec())
        }
    }

    #[test]
    fn earlier_roots_and_proofs_are_those_of_all_leaves() {
        let leaves = leaves(2_600);
        let tree = tree(&leaves);
        let sizes = [1, 2, 3, 255, 256, 511, 512, 513, 768, 1023, 1024, 1025, 1536, 1537, 2047, 2048, 2559, 2560, 2600];
        for size in sizes {
            let (part, mut read) = (&leaves[..size as usize], 0);
            let root = root_of(part);
            assert_eq!(tree.root_at(size, reading(&leaves, &mut read)), Ok(Some(root)), "{size}");
            assert!(read <= 1, "{read} groups were read for {size}");
            for index in [0, 1, 100, 511, 512, 700, 1023, 1024, 2000, 2559, 2599].into_iter().filter(|i| *i < size) {
                let mut read = 0;
                let path = tree.prove(index, size, reading(&leaves, &mut read)).unwrap().unwrap();
                assert!(read <= 2, "{read} groups were read for {index} of {size}");
                assert_eq!(Some(&path), prove(part, index as usize).as_ref(), "{index} of {size}");
                assert!(verify(leaves[index as usize], index, size, &path, &root));
            }
            for from in sizes.into_iter().filter(|from| *from <= size) {
                let (mut read, old) = (0, root_of(&leaves[..from as usize]));
                let path = tree.lead_on(from, size, reading(&leaves, &mut read)).unwrap().unwrap();
                assert!(read <= 2, "{read} groups were read from {from} to {size}");
                assert!(verify_lead_on((from, &old), (size, &root), &path), "{from} to {size}");
                assert!(!verify_lead_on((from, &Hash::ZERO), (size, &root), &path), "{from} to {size}");
                assert!(!verify_lead_on((from, &old), (size, &Hash::ZERO), &path), "{from} to {size}");
            }
        }
        let mut read = 0;
        assert_eq!(tree.root_at(2_601, reading(&leaves, &mut read)), Ok(None));
        assert_eq!(tree.prove(5, 5, reading(&leaves, &mut read)), Ok(None));
        assert_eq!(tree.lead_on(0, 5, reading(&leaves, &mut read)), Ok(None));
        assert_eq!(tree.lead_on(6, 5, reading(&leaves, &mut read)), Ok(None));
    }

    #[test]
    fn every_small_tree_leads_on_to_every_longer_one() {
        let leaves = leaves(40);
        let tree = tree(&leaves);
        let none = |_| Ok::<_, Infallible>(Vec::new());
        for to in 1..=40_u64 {
            let new = root_of(&leaves[..to as usize]);
            for from in 1..=to {
                let old = root_of(&leaves[..from as usize]);
                let path = tree.lead_on(from, to, none).unwrap().unwrap();
                assert!(verify_lead_on((from, &old), (to, &new), &path), "{from} to {to}");
                for at in 0..path.len() {
                    let mut other = path.clone();
                    other[at].0[0] ^= 1;
                    assert!(!verify_lead_on((from, &old), (to, &new), &other), "{from} to {to}, {at}");
                }
                let longer: Vec<Hash> = path.iter().copied().chain([Hash::ZERO]).collect();
                assert!(!verify_lead_on((from, &old), (to, &new), &longer), "{from} to {to}");
                if !path.is_empty() {
                    assert!(!verify_lead_on((from, &old), (to, &new), &path[1..]), "{from} to {to}");
                }
            }
        }
    }

    #[test]
    fn leaves_that_have_changed_prove_nothing() {
        let leaves = leaves(1_100);
        let tree = tree(&leaves);
        let mut changed = leaves.clone();
        changed[3] = Hash::ZERO;
        let mut read = 0;
        assert_eq!(tree.prove(5, 1_100, reading(&changed, &mut read)), Ok(None));
        assert_eq!(tree.root_at(300, reading(&changed, &mut read)), Ok(None));
        assert_eq!(tree.root_at(300, |_| Ok::<_, Infallible>(Vec::new())), Ok(None));
        assert!(tree.prove(600, 1_100, reading(&changed, &mut read)).unwrap().is_some());
    }

    proptest! {
        #[test]
        fn hostile_proofs_never_panic(
            from: u64, to: u64, path in proptest::collection::vec(any::<[u8; 32]>(), 0..80),
        ) {
            let path: Vec<Hash> = path.into_iter().map(Hash).collect();
            let equal = from == to && from != 0 && path.is_empty();
            prop_assert_eq!(verify_lead_on((from, &Hash::ZERO), (to, &Hash::ZERO), &path), equal);
        }
    }
}
