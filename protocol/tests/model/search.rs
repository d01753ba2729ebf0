//! Breadth first through everything that may happen.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    time::{Duration, Instant},
};

use super::{
    pair::{Action, Pair, Scope},
    rules::{Broken, Rules},
};

/// What a search has seen.
pub struct Report {
    pub states: usize,
    pub depth: usize,
    /// Different states at rest.
    pub rests: usize,
    pub took: Duration,
    /// The shortest way to something that must not happen.
    pub found: Option<(Vec<Action>, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, depth, rests, took, found } = self;
        write!(f, "{states} states, depth {depth}, {rests} rests, {:.1} s", took.as_secs_f64())?;
        match found {
            Some((trace, what)) => write!(f, "; {what}, after {} steps: {trace:?}", trace.len()),
            None => Ok(()),
        }
    }
}

/// Goes through all states of a scope, up to a depth; stops at the first one that is not good.
pub fn search(scope: Scope, clock: u64, broken: Option<Broken>, max_depth: usize) -> Report {
    let begun = Instant::now();
    let mut rules = Rules::new(broken, clock);
    let first = Pair::new(scope, &mut rules);
    let mut seen = HashSet::from([first.digest()]);
    let mut rests = BTreeSet::new();
    // Whence each state was reached first.
    let mut whence: Vec<(usize, Action)> = vec![(0, Action::Lose)];
    let mut level = vec![(0, first)];
    let mut depth = 0;
    let mut found = None;
    'all: while !level.is_empty() && depth < max_depth {
        depth += 1;
        let mut next = Vec::new();
        for (at, pair) in level {
            for action in pair.actions() {
                let mut after = pair.clone();
                let outcome = after.act(action, &mut rules);
                if outcome.is_ok() && !seen.insert(after.digest()) {
                    continue;
                }
                whence.push((at, action));
                let outcome = outcome.and_then(|()| after.come_to_rest(&mut rules, &mut rests));
                if let Err(what) = outcome {
                    found = Some((trace(&whence), what));
                    break 'all;
                }
                next.push((whence.len() - 1, after));
            }
        }
        level = next;
    }
    Report { states: seen.len(), depth, rests: rests.len(), took: begun.elapsed(), found }
}

fn trace(whence: &[(usize, Action)]) -> Vec<Action> {
    let mut at = whence.len() - 1;
    let mut trace = Vec::new();
    while at != 0 {
        trace.push(whence[at].1);
        at = whence[at].0;
    }
    trace.reverse();
    trace
}
