//! The font: which characters it has and how wide they are.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// BIZ UDGothic, a face made to be read by everybody; its licence stands beside it.
pub static FONT: &[u8] = include_bytes!("../fonts/BIZUDGothic-Regular.ttf");

/// What stands for a character without a glyph: the font's own sign for that, a crossed box, unlike any character.
const BOX: GlyphId = GlyphId::new(0);

/// A face that is measured.
pub struct Face {
    glyphs: HashMap<char, Shape>,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
    boxed: Shape,
}

/// A glyph and its width in ems.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    glyph: GlyphId,
    width: f32,
}

/// One glyph of a text: a character, or one with what chooses its variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where it stands in the text.
    pub bytes: Range<usize>,
    /// The glyph's number.
    pub glyph: u32,
    /// How wide, in ems.
    pub width: f32,
    /// The font lacks the character: the glyph is a box.
    pub boxed: bool,
}

impl Face {
    /// The font that the program carries, read once. None if it is damaged.
    pub fn ours() -> Option<&'static Self> {
        static OURS: OnceLock<Option<Face>> = OnceLock::new();
        OURS.get_or_init(Self::read).as_ref()
    }

    fn read() -> Option<Self> {
        let font = FontRef::new(FONT).ok()?;
        let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let charmap = font.charmap();
        let shape = |glyph| Some(Shape { glyph, width: metrics.advance_width(glyph)? / em });
        let glyphs: HashMap<char, Shape> = charmap
            .mappings()
            .filter_map(|(code, glyph)| Some((char::from_u32(code)?, shape(glyph)?)))
            // Controls have empty glyphs in some fonts: what nobody sees was dropped.
            .filter(|(character, _)| !character.is_control())
            .collect();
        let boxed = shape(BOX)?;
        Some(Self { glyphs, charmap, metrics, em, boxed })
    }

    /// The glyphs of a text without line breaks.
    pub fn marks<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Mark> + 'a {
        let mut characters = text.char_indices().peekable();
        std::iter::from_fn(move || {
            let (start, character) = characters.next()?;
            let mut end = start + character.len_utf8();
            let shape = self.glyphs.get(&character);
            if shape.is_some()
                && let Some((_, selector)) = characters.peek().copied().filter(|(_, next)| selects(*next))
                && let Some(variant) = self.variant(character, selector)
            {
                end += selector.len_utf8();
                characters.next();
                return Some(mark(start..end, variant, false));
            }
            let boxed = shape.is_none();
            Some(mark(start..end, *shape.unwrap_or(&self.boxed), boxed))
        })
    }

    /// How wide a text without line breaks is at a size, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        self.marks(text).map(|mark| mark.width).sum::<f32>() * size
    }

    fn variant(&self, character: char, selector: char) -> Option<Shape> {
        match self.charmap.map_variant(character, selector)? {
            MapVariant::UseDefault => self.glyphs.get(&character).copied(),
            MapVariant::Variant(glyph) => Some(Shape { glyph, width: self.metrics.advance_width(glyph)? / self.em }),
        }
    }
}

/// Whether the character chooses a variant of the one before it.
pub fn selects(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn mark(bytes: Range<usize>, shape: Shape, boxed: bool) -> Mark {
    Mark { bytes, glyph: shape.glyph.to_u32(), width: shape.width, boxed }
}
