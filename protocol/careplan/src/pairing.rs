//! Pairing of table 6 rows: which row of one table answers which row of another.
//!
//! Plan and actuals of one person at one office are paired so, and so are two versions of one table. Everything sorts
//! and merges: a person with hundreds of thousands of rows takes no longer than as many persons with one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    ids::ServiceCode,
    model::ServiceRow,
    value::{Date, Time},
};

/// Rows on one side.
pub(crate) type Lines<'a> = Vec<&'a ServiceRow>;

/// A row of each side.
pub(crate) type Pair<'a> = (&'a ServiceRow, &'a ServiceRow);

/// Two sides paired. Each row stands in one place.
#[derive(Default)]
pub(crate) struct Pairing<'a> {
    /// Same service at the same time; counts, units and the rest may differ.
    pub(crate) same: Vec<Pair<'a>>,
    /// Same service on the same day at another time.
    pub(crate) time: Vec<Pair<'a>>,
    /// Same kind of service from the same time on, another code.
    pub(crate) code: Vec<Pair<'a>>,
    /// What is left on the left side.
    pub(crate) left: Lines<'a>,
    /// What is left on the right side.
    pub(crate) right: Lines<'a>,
}

/// Where a row stands among others; also all that a pair must have in common to be the same.
pub(crate) type Order<'a> = (Option<Date>, Time, Time, Option<ServiceCode>, Option<i32>, Option<i32>, Option<&'a str>);

/// What one step of pairing leaves.
#[derive(Default)]
pub(crate) struct Split<'a> {
    pub(crate) pairs: Vec<Pair<'a>>,
    pub(crate) left: Lines<'a>,
    pub(crate) right: Lines<'a>,
}

/// Pairs the rows of two sides, all of one person and office.
pub(crate) fn pair<'a>(left: Lines<'a>, right: Lines<'a>) -> Pairing<'a> {
    let same = split(left, right, order, pair_same);
    // Times left over in a class differ: equal ones were paired, until one side had none of them left.
    let time = split(
        same.left,
        same.right,
        |row| (row.date, row.satellite, row.code, row.detail_no, equipment(row)),
        pair_in_order,
    );
    let code = split(
        time.left,
        time.right,
        |row| (row.date, row.satellite, row.code.map(|code| code.kind()), row.start),
        pair_other_code,
    );
    Pairing { same: same.pairs, time: time.pairs, code: code.pairs, left: code.left, right: code.right }
}

/// Returns where a row stands among others.
pub(crate) fn order(row: &ServiceRow) -> Order<'_> {
    (row.date, row.start, row.end, row.code, row.satellite, row.detail_no, equipment(row))
}

/// Returns the code of equipment: TAIS, or else the notification code.
pub(crate) fn equipment(row: &ServiceRow) -> Option<&str> {
    row.tais.as_deref().or(row.notification.as_deref())
}

/// Sorts both sides by class, and pairs what stands in the same class.
///
/// Within a class, count and units come after the order, so that nothing hangs on how the rows stood in their file.
/// `pair` gets the rows of one class, in order, and puts each into the split.
pub(crate) fn split<'a, K: Ord>(
    mut left: Lines<'a>,
    mut right: Lines<'a>,
    class: impl Fn(&'a ServiceRow) -> K,
    mut pair: impl FnMut(&[&'a ServiceRow], &[&'a ServiceRow], &mut Split<'a>),
) -> Split<'a> {
    let mut split = Split::default();
    if left.is_empty() || right.is_empty() {
        (split.left, split.right) = (left, right);
        return split;
    }
    for side in [&mut left, &mut right] {
        side.sort_by(|a, b| {
            let place = |row: &'a ServiceRow| (order(row), row.count, row.units);
            class(a).cmp(&class(b)).then_with(|| place(a).cmp(&place(b)))
        });
    }
    let (mut left, mut right) = (left.as_slice(), right.as_slice());
    while let (Some(first), Some(other)) = (left.first(), right.first()) {
        let class_of_next = class(first).min(class(other));
        let in_class = |side: &[&'a ServiceRow]| side.iter().take_while(|row| class(row) == class_of_next).count();
        let (mine, theirs);
        (mine, left) = left.split_at(in_class(left));
        (theirs, right) = right.split_at(in_class(right));
        if mine.is_empty() || theirs.is_empty() {
            split.left.extend(mine);
            split.right.extend(theirs);
        } else {
            pair(mine, theirs, &mut split);
        }
    }
    split.left.extend(left);
    split.right.extend(right);
    split
}

/// Pairs the first with the first, the second with the second.
pub(crate) fn pair_in_order<'a>(left: &[&'a ServiceRow], right: &[&'a ServiceRow], split: &mut Split<'a>) {
    let pairs = left.len().min(right.len());
    split.pairs.extend(left.iter().copied().zip(right.iter().copied()));
    split.left.extend(&left[pairs..]);
    split.right.extend(&right[pairs..]);
}

/// Pairs rows of the same service at the same time: first those that agree in count and units, then in the count.
///
/// Otherwise two rows that stand the other way round would be told as two differences.
fn pair_same<'a>(left: &[&'a ServiceRow], right: &[&'a ServiceRow], into: &mut Split<'a>) {
    if let (&[one], &[other]) = (left, right) {
        into.pairs.push((one, other));
        return;
    }
    let mut rest = split(left.to_vec(), right.to_vec(), |row| (row.count, row.units), pair_in_order);
    into.pairs.append(&mut rest.pairs);
    let mut rest = split(rest.left, rest.right, |row| row.count, pair_in_order);
    into.pairs.append(&mut rest.pairs);
    pair_in_order(&rest.left, &rest.right, into);
}

/// Pairs each row of the left with the first of the right that has another code.
fn pair_other_code<'a>(left: &[&'a ServiceRow], right: &[&'a ServiceRow], split: &mut Split<'a>) {
    let mut by_code: BTreeMap<Option<ServiceCode>, VecDeque<usize>> = BTreeMap::new();
    for (at, row) in right.iter().enumerate() {
        by_code.entry(row.code).or_default().push_back(at);
    }
    let mut taken = vec![false; right.len()];
    let mut first: BTreeSet<(usize, Option<ServiceCode>)> =
        by_code.iter().filter_map(|(&code, places)| Some((*places.front()?, code))).collect();
    for row in left {
        // Codes stand in `first` once each, so one of two is another.
        let Some((at, code)) = first.iter().take(2).find(|(_, code)| *code != row.code).copied() else {
            split.left.push(row);
            continue;
        };
        first.remove(&(at, code));
        let places = by_code.entry(code).or_default();
        places.pop_front();
        first.extend(places.front().map(|&next| (next, code)));
        taken[at] = true;
        split.pairs.push((row, right[at]));
    }
    split.right.extend(right.iter().zip(taken).filter(|(_, taken)| !taken).map(|(row, _)| *row));
}
