//! QR codes in half blocks, for paper and for the terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use crate::{error::CommandError, msg};

/// Light modules around the drawing (ISO/IEC 18004, 6.3.8).
const QUIET: usize = 4;

/// Colours of the drawing on a screen.
const SCREEN: Style = AnsiColor::Black.on_default().bg_color(Some(anstyle::Color::Ansi(AnsiColor::BrightWhite)));

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A text file to print.
    Paper,
    /// The terminal.
    Screen,
}

/// The QR code in half blocks: dark on light as on paper. A screen may be dark, so there the colours
/// are said; where colours are off, telephones read the exchanged one as well.
///
/// # Errors
/// A text too long for a QR code: a fault of the program.
pub fn drawing(code: &str, medium: Medium) -> Result<Zeroizing<String>, CommandError> {
    Ok(drawn(&encoded(code, EcLevel::M)?, medium))
}

/// The drawing in at most so many columns, if there is a limit; the error inside is how many it takes. One that is too
/// wide is tried with less redundancy first, which a screen can do without.
///
/// # Errors
/// As [`drawing`].
pub fn fitting(
    code: &str,
    columns: Option<usize>,
    medium: Medium,
) -> Result<Result<Zeroizing<String>, usize>, CommandError> {
    let mut needed = 0;
    for level in [EcLevel::M, EcLevel::L] {
        let qr = encoded(code, level)?;
        needed = qr.width() + 2 * QUIET;
        if columns.is_none_or(|columns| needed <= columns) {
            return Ok(Ok(drawn(&qr, medium)));
        }
    }
    Ok(Err(needed))
}

/// The QR code as a picture to print (SVG), 10 cm wide.
///
/// # Errors
/// As [`drawing`].
pub fn picture(code: &str) -> Result<String, CommandError> {
    let qr = encoded(code, EcLevel::M)?;
    let (side, colors) = (qr.width(), qr.to_colors());
    let full = side + 2 * QUIET;
    let mut dark = String::new();
    for (at, color) in colors.iter().enumerate() {
        if *color == Color::Dark {
            // Writing to a text cannot fail.
            let _ = write!(dark, "M{} {}h1v1h-1z", at % side + QUIET, at / side + QUIET);
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100mm\" height=\"100mm\" viewBox=\"0 0 {full} {full}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{full}\" height=\"{full}\" fill=\"#fff\"/>\
         <path d=\"{dark}\" fill=\"#000\"/></svg>\n"
    ))
}

fn encoded(code: &str, level: EcLevel) -> Result<QrCode, CommandError> {
    QrCode::with_error_correction_level(code, level)
        .map_err(|error| CommandError::failed(msg!("err-internal")).because(&error))
}

fn drawn(qr: &QrCode, medium: Medium) -> Zeroizing<String> {
    let (side, colors) = (qr.width(), qr.to_colors());
    let dark = |x: usize, y: usize| {
        let inside = (QUIET..side + QUIET).contains(&x) && (QUIET..side + QUIET).contains(&y);
        inside && colors[(y - QUIET) * side + x - QUIET] == Color::Dark
    };
    let full = side + 2 * QUIET;
    let mut out = Zeroizing::new(String::with_capacity(full * full * 2));
    for y in (0..full).step_by(2) {
        let line: Zeroizing<String> = Zeroizing::new(
            (0..full)
                .map(|x| match (dark(x, y), dark(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect(),
        );
        match medium {
            Medium::Paper => out.push_str(line.trim_end()),
            Medium::Screen => {
                for part in [&SCREEN.render().to_string(), line.as_str(), &SCREEN.render_reset().to_string()] {
                    out.push_str(part);
                }
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "3WR4C-2MK3Y-EJ2SF-D9XRP-S7DE8-QZ0DN-3RQMB-0MB2H";

    #[test]
    fn the_drawing_is_the_code() {
        // Read back module by module: finder patterns in three corners, quiet zone all around.
        let shown = drawing(CODE, Medium::Paper).unwrap();
        let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
        assert!(lines[..QUIET / 2].iter().all(Vec::is_empty));
        let finder: String = lines[QUIET / 2][QUIET..QUIET + 7].iter().collect();
        assert_eq!(finder, "█▀▀▀▀▀█");
    }

    #[test]
    fn what_does_not_fit_is_not_drawn_in_part() {
        let long = "MUSUBI-PROOF:ABCDEFGH234567".repeat(18);
        let usual = drawing(&long, Medium::Paper).unwrap();
        let whole = fitting(&long, None, Medium::Paper).unwrap().unwrap();
        assert_eq!(*whole, *usual);
        let width = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        // With less redundancy it is smaller, and then it fits no more.
        let full = width(&usual) + QUIET;
        let smaller = fitting(&long, Some(full - 1), Medium::Paper).unwrap().unwrap();
        let small = width(&smaller) + QUIET;
        assert!(small < full);
        assert_eq!(fitting(&long, Some(small - 1), Medium::Paper).unwrap().unwrap_err(), small);
    }

    #[test]
    fn the_picture_has_a_square_for_each_dark_module() {
        let picture = picture(CODE).unwrap();
        let dark = QrCode::with_error_correction_level(CODE, EcLevel::M).unwrap().to_colors();
        let dark = dark.iter().filter(|color| **color == Color::Dark).count();
        assert_eq!(picture.matches("h1v1h-1z").count(), dark);
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn the_screen_gets_the_same_drawing_in_said_colours() {
        let screen = drawing(CODE, Medium::Screen).unwrap();
        let plain = anstream::adapter::strip_str(&screen).to_string();
        let lines = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim_end().to_owned()).collect() };
        assert_eq!(lines(&plain), lines(&drawing(CODE, Medium::Paper).unwrap()));
        assert!(screen.lines().all(|line| line.starts_with('\u{1b}') && line.ends_with("\u{1b}[0m")));
    }
}
