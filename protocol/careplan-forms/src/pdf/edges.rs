//! The lines of frames: neighbours share them, and what adjoins becomes one line.

use std::collections::BTreeMap;

use super::paper::{Item, Weight};

/// Lines being collected on a page.
#[derive(Debug, Default)]
pub struct Edges {
    across: BTreeMap<(Weight, i32), Vec<(i32, i32)>>,
    down: BTreeMap<(Weight, i32), Vec<(i32, i32)>>,
}

/// Steps of a point: places that differ by less are the same.
const STEPS: f32 = 50.0;

impl Edges {
    /// A line from left to right.
    pub fn across(&mut self, y: f32, from: f32, to: f32, weight: Weight) {
        self.across.entry((weight, steps(y))).or_default().push((steps(from), steps(to)));
    }

    /// A line from top to bottom.
    pub fn down(&mut self, x: f32, from: f32, to: f32, weight: Weight) {
        self.down.entry((weight, steps(x))).or_default().push((steps(from), steps(to)));
    }

    /// All lines, joined, and none left.
    pub fn take(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        for ((weight, y), spans) in std::mem::take(&mut self.across) {
            let y = points(y);
            items.extend(joined(spans).map(|(from, to)| Item::Rule { from: (from, y), to: (to, y), weight }));
        }
        for ((weight, x), spans) in std::mem::take(&mut self.down) {
            let x = points(x);
            items.extend(joined(spans).map(|(from, to)| Item::Rule { from: (x, from), to: (x, to), weight }));
        }
        items
    }
}

fn joined(mut spans: Vec<(i32, i32)>) -> impl Iterator<Item = (f32, f32)> {
    spans.sort_unstable();
    let mut joined: Vec<(i32, i32)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined.into_iter().map(|(from, to)| (points(from), points(to)))
}

// Places on paper are below 1,000 points, so that neither direction loses anything.
fn steps(points: f32) -> i32 {
    (points * STEPS).round() as i32
}

fn points(steps: i32) -> f32 {
    steps as f32 / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_neighbours_share_is_drawn_once() {
        let mut edges = Edges::default();
        edges.across(10.0, 0.0, 5.0, Weight::Thin);
        edges.across(10.0, 5.0, 9.0, Weight::Thin);
        edges.across(10.0, 0.0, 5.0, Weight::Thin);
        edges.across(10.0, 12.0, 13.0, Weight::Thin);
        edges.down(5.0, 10.0, 20.0, Weight::Thin);
        let rule = |from, to| Item::Rule { from, to, weight: Weight::Thin };
        let drawn = [rule((0.0, 10.0), (9.0, 10.0)), rule((12.0, 10.0), (13.0, 10.0)), rule((5.0, 10.0), (5.0, 20.0))];
        assert_eq!(edges.take(), drawn);
        assert_eq!(edges.take(), []);
    }
}
