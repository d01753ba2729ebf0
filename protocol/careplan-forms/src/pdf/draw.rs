//! Writing pages down.

use std::collections::HashMap;
use std::sync::Arc;

use krilla::color::luma;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Data, Document, SerializeSettings};

use super::paper::{self, Item, Page, Text};
use super::photo::Turn;
use super::{Options, PdfError};
use crate::face::{FONT, Face};
use crate::sheet::{Pack, Sheet};

/// How much a stroke around its outlines makes a letter stronger, in ems.
const STRONGER: f32 = 0.026;

/// The PDF of pages; `counts` are those of each sheet.
pub fn file(face: &Face, pack: &Pack, options: &Options, pages: &[Page], counts: &[u32]) -> Result<Vec<u8>, PdfError> {
    let settings = SerializeSettings { enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let font = Font::new(Data::from(FONT), 0).ok_or(PdfError::Font)?;
    let space = face.marks(" ").map(|mark| mark.glyph).next().ok_or(PdfError::Font)?;
    let mut pen = Pen { face, font, space, images: HashMap::new() };
    for page in pages {
        let (width, height) = paper::size(page.orientation);
        // None only if a side is not above 0, and both are constants above it.
        let Some(settings) = PageSettings::from_wh(width, height) else { continue };
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        page.items.iter().for_each(|item| pen.draw(&mut surface, item));
        surface.finish();
        sheet.finish();
    }
    document.set_metadata(metadata(pack, options));
    document.set_outline(outline(&pack.sheets, counts));
    document.finish().map_err(PdfError::Write)
}

fn metadata(pack: &Pack, options: &Options) -> Metadata {
    let metadata = Metadata::new().title(plain(&pack.title)).language("ja".to_owned());
    if options.creator.is_empty() { metadata } else { metadata.creator(plain(&options.creator)) }
}

/// An entry for each sheet.
fn outline(sheets: &[Sheet], counts: &[u32]) -> Outline {
    let mut outline = Outline::new();
    let mut page = 0;
    for (sheet, count) in sheets.iter().zip(counts) {
        let names = [&sheet.corner, &sheet.title, &sheet.subtitle];
        let names: Vec<&str> = names.into_iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let destination = XyzDestination::new(page, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(plain(&names.join(" ")), destination));
        page += usize::try_from(*count).unwrap_or(usize::MAX);
    }
    outline
}

/// A text for a property of the file, where neither controls nor what is no character may stand.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c }).collect()
}

struct Pen<'a> {
    face: &'a Face,
    font: Font,
    /// The glyph of a space.
    space: u32,
    /// Pictures by the place of their bytes: the same file twice is embedded once.
    images: HashMap<*const u8, Image>,
}

impl Pen<'_> {
    fn draw(&mut self, surface: &mut Surface<'_>, item: &Item) {
        match item {
            Item::Text(text) => self.text(surface, text),
            Item::Grey { at, size, tone } => {
                let Some(rect) = Rect::from_xywh(at.0, at.1, size.0, size.1) else { return };
                let mut path = PathBuilder::new();
                path.push_rect(rect);
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*tone)));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
            Item::Rule { from, to, weight } => {
                let mut path = PathBuilder::new();
                path.move_to(from.0, from.1);
                path.line_to(to.0, to.1);
                surface.set_fill(None);
                surface.set_stroke(Some(stroke(weight.points())));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
            Item::Picture { at, size, turn, jpeg } => self.picture(surface, *at, *size, *turn, jpeg),
        }
    }

    fn text(&self, surface: &mut Surface<'_>, text: &Text) {
        let words = text.text.as_str();
        let mut glyphs = Vec::new();
        for mark in self.face.marks(words) {
            let glyph = |number: u32, width: f32| {
                KrillaGlyph::new(GlyphId::new(number), width, 0.0, 0.0, 0.0, mark.bytes.clone(), None)
            };
            if mark.boxed {
                // Two glyphs for one character: then the file says which it is at this very place. The box alone would
                // stand for the first character that was shown so, wherever it stands.
                glyphs.push(glyph(self.space, 0.0));
            }
            glyphs.push(glyph(mark.glyph, mark.width));
        }
        surface.set_fill(Some(fill(0)));
        surface.set_stroke(text.strong.then(|| stroke(text.size * STRONGER)));
        let start = Point::from_xy(text.x, text.baseline);
        surface.draw_glyphs(start, &glyphs, self.font.clone(), words, text.size, false);
    }

    fn picture(&mut self, surface: &mut Surface<'_>, at: (f32, f32), size: (f32, f32), turn: Turn, jpeg: &Arc<[u8]>) {
        let image = match self.images.get(&jpeg.as_ptr()) {
            Some(image) => image.clone(),
            None => {
                let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Arc::clone(jpeg));
                // It was decoded when it was placed.
                let Ok(image) = Image::from_jpeg(Data::from(bytes), true) else { return };
                self.images.insert(jpeg.as_ptr(), image.clone());
                image
            }
        };
        let (width, height) = if turn.quarters % 2 == 1 { (size.1, size.0) } else { size };
        let Some(own) = Size::from_wh(width, height) else { return };
        surface.push_transform(&upright(at, size, turn));
        surface.draw_image(image, own);
        surface.pop();
    }
}

/// From a picture's own left and top to where it is seen.
fn upright((x, y): (f32, f32), (width, height): (f32, f32), turn: Turn) -> Transform {
    // Each row is what moves right and what moves down: first along the picture's width, then along its height.
    let (across, down, corner) = match turn.quarters % 4 {
        0 => ((1.0, 0.0), (0.0, 1.0), (x, y)),
        1 => ((0.0, 1.0), (-1.0, 0.0), (x + width, y)),
        2 => ((-1.0, 0.0), (0.0, -1.0), (x + width, y + height)),
        _ => ((0.0, -1.0), (1.0, 0.0), (x, y + height)),
    };
    if !turn.mirrored {
        return Transform::from_row(across.0, across.1, down.0, down.1, corner.0, corner.1);
    }
    let own = if turn.quarters % 2 == 1 { height } else { width };
    let corner = (corner.0 + across.0 * own, corner.1 + across.1 * own);
    Transform::from_row(-across.0, -across.1, down.0, down.1, corner.0, corner.1)
}

fn fill(tone: u8) -> Fill {
    Fill { paint: luma::Color::new(tone).into(), ..Fill::default() }
}

fn stroke(width: f32) -> Stroke {
    Stroke { width, ..Stroke::default() }
}
