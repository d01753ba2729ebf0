//! Which JPEG files can be shown, how large they are, and which side of them is up.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pixels of a side that are still looked at: more than any camera takes, and less than a small file may claim to have.
const SIDE: usize = 1 << 14;
/// Pixels in all, for the same reason, and because each takes a byte while the picture is tried.
const AREA: usize = 64_000_000;

/// A picture that can be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Photo {
    /// Pixels from left to right, as seen.
    pub width: f32,
    /// Pixels from top to bottom, as seen.
    pub height: f32,
    /// How it is turned to be seen so.
    pub turn: Turn,
}

/// How a picture is turned to be upright: cameras write down how they were held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// First, left and right change places.
    pub mirrored: bool,
    /// Then, quarters of a turn clockwise.
    pub quarters: u8,
}

/// Decodes a picture. None if it is broken or too large.
pub fn read(jpeg: &[u8]) -> Option<Photo> {
    let options = DecoderOptions::default()
        .set_max_width(SIDE)
        .set_max_height(SIDE)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    if width == 0 || height == 0 || AREA < width * height {
        return None;
    }
    // What krilla writes down; it would refuse the whole file for another.
    let shown = [ColorSpace::Luma, ColorSpace::YCbCr, ColorSpace::RGB, ColorSpace::CMYK, ColorSpace::YCCK];
    if !shown.contains(&decoder.input_colorspace()?) {
        return None;
    }
    let turn = decoder.exif().and_then(|exif| orientation(exif)).map_or_else(Turn::default, turn);
    decoder.decode().ok()?;
    let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let (width, height) = if turn.quarters % 2 == 1 { (height, width) } else { (width, height) };
    Some(Photo { width: width.into(), height: height.into(), turn })
}

fn turn(orientation: u16) -> Turn {
    let (mirrored, quarters) = match orientation {
        2 => (true, 0),
        3 => (false, 2),
        4 => (true, 2),
        5 => (true, 3),
        6 => (false, 1),
        7 => (true, 1),
        8 => (false, 3),
        _ => (false, 0),
    };
    Turn { mirrored, quarters }
}

/// The orientation that Exif data states.
fn orientation(exif: &[u8]) -> Option<u16> {
    let little = match exif.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = exif.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?);
    // Entries of twelve bytes: tag, type, count, value.
    (0..entries)
        .map_while(|entry| directory.checked_add(2 + 12 * entry))
        .find(|at| short(*at) == Some(0x0112))
        .and_then(|at| short(at.checked_add(8)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_of_both_byte_orders_says_which_side_is_up() {
        let little = b"II*\0\x08\0\0\0\x02\0\x00\x01\x03\0\x01\0\0\0\x01\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        assert_eq!(orientation(little).map(turn), Some(Turn { mirrored: false, quarters: 1 }));
        assert_eq!(orientation(big).map(turn), Some(Turn { mirrored: false, quarters: 3 }));
        assert_eq!(orientation(&big[..18]), None);
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), None);
    }
}
