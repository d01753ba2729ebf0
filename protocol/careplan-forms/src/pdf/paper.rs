//! What stands where on a page. Points of 1/72 inch, from the upper left corner.

use std::sync::Arc;

use super::photo::Turn;
use crate::sheet::Orientation;

/// The short side of A4.
const SHORT: f32 = 595.28;
/// The long side of A4.
const LONG: f32 = 841.89;
/// What stays white on each side: 10 mm, which printers and fax machines keep.
pub const MARGIN: f32 = 28.35;

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// How it lies.
    pub orientation: Orientation,
    /// What stands on it, texts in reading order.
    pub items: Vec<Item>,
    /// Which sheet of the pack it belongs to.
    pub sheet: usize,
}

/// Something on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line of text.
    Text(Text),
    /// A grey area.
    Grey {
        /// Left and top.
        at: (f32, f32),
        /// Width and height.
        size: (f32, f32),
        /// 0 is black, 255 white.
        tone: u8,
    },
    /// A black line.
    Rule {
        /// Where it begins.
        from: (f32, f32),
        /// Where it ends.
        to: (f32, f32),
        /// How thick.
        weight: Weight,
    },
    /// A picture.
    Picture {
        /// Left and top.
        at: (f32, f32),
        /// Width and height as seen.
        size: (f32, f32),
        /// How the picture is turned to be seen upright.
        turn: Turn,
        /// The file.
        jpeg: Arc<[u8]>,
    },
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Where it begins.
    pub x: f32,
    /// The line on which it stands.
    pub baseline: f32,
    /// Height of an em.
    pub size: f32,
    /// How wide it is.
    pub width: f32,
    /// Shown stronger.
    pub strong: bool,
    /// What it says.
    pub text: String,
}

/// How thick a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Between cells.
    Thin,
    /// Around tables and groups.
    Middle,
    /// Around what differs.
    Thick,
}

impl Weight {
    /// In points. The thinnest is still more than one dot of a fax.
    pub fn points(self) -> f32 {
        match self {
            Self::Thin => 0.45,
            Self::Middle => 0.9,
            Self::Thick => 1.5,
        }
    }
}

impl Page {
    /// A page with nothing on it.
    pub fn empty(orientation: Orientation) -> Self {
        Self { orientation, items: Vec::new(), sheet: 0 }
    }

    /// The lines of text on it.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text),
            _ => None,
        })
    }
}

/// Width and height of the paper.
pub fn size(orientation: Orientation) -> (f32, f32) {
    match orientation {
        Orientation::Portrait => (SHORT, LONG),
        Orientation::Landscape => (LONG, SHORT),
    }
}
