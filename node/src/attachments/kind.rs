//! What a file is: by its name for people, by its first bytes for what may travel.
//!
//! Programs are kept back because whoever gets a file from a partner trusts it; a name that hides what a file is, is
//! never right. What lies inside of archives is not looked at.

use infer::MatcherType;

/// First bytes of a file that are looked at.
pub const HEAD: usize = 8192;
/// How far into a file the mark of a PDF may stand.
const PDF_WITHIN: usize = 1024;

/// What a file is, as lists say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PDF.
    Pdf,
    /// Pictures of any format.
    Image,
    /// Texts with a layout.
    Document,
    /// Tables.
    Sheet,
    /// Slides.
    Slides,
    /// Plain text, CSV, web pages.
    Text,
    /// Several files in one.
    Archive,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// What runs when it is opened: programs, scripts, shortcuts, documents with macros, images of disks.
    Program,
    /// Anything else.
    Other,
}

/// Why a file does not travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It runs when it is opened; it may go on purpose.
    Program,
    /// Its content is not what its name says.
    OtherContent,
}

impl Kind {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Image => "image",
            Self::Document => "document",
            Self::Sheet => "sheet",
            Self::Slides => "slides",
            Self::Text => "text",
            Self::Archive => "archive",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Program => "program",
            Self::Other => "other",
        }
    }

    /// What a file of this name is taken for, here and by the system that opens it.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match ending(name).as_str() {
            "pdf" => Self::Pdf,
            "jpg" | "jpeg" | "jpe" | "jfif" | "png" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "heic" | "heif"
            | "avif" | "svg" => Self::Image,
            "doc" | "docx" | "odt" | "rtf" | "jtd" | "jtdc" | "dot" | "dotx" | "xdw" | "xbd" | "pages" => {
                Self::Document
            }
            "xls" | "xlsx" | "ods" | "xlt" | "xltx" | "numbers" => Self::Sheet,
            "ppt" | "pptx" | "odp" | "pps" | "ppsx" | "key" => Self::Slides,
            "txt" | "csv" | "tsv" | "md" | "log" | "json" | "xml" | "html" | "htm" | "ics" | "vcf" | "eml" => {
                Self::Text
            }
            "zip" | "7z" | "gz" | "tgz" | "tar" | "lzh" | "rar" | "bz2" | "xz" | "zst" => Self::Archive,
            "mp3" | "m4a" | "wav" | "aac" | "ogg" | "flac" | "wma" => Self::Audio,
            "mp4" | "mov" | "avi" | "wmv" | "mkv" | "webm" | "m4v" | "mpg" | "mpeg" | "3gp" => Self::Video,
            ending if PROGRAMS.contains(&ending) => Self::Program,
            _ => Self::Other,
        }
    }
}

/// Endings of what runs when it is opened, on Windows, macOS and Linux.
const PROGRAMS: &[&str] = &[
    // Programs and parts of programs.
    "exe",
    "com",
    "scr",
    "pif",
    "dll",
    "sys",
    "cpl",
    "ocx",
    "drv",
    "efi",
    "xll",
    "wll",
    "so",
    "dylib",
    "elf",
    "app",
    "jar",
    "class",
    "jnlp",
    "apk",
    "gadget",
    "appimage",
    // Installers.
    "msi",
    "msp",
    "mst",
    "msix",
    "msixbundle",
    "appx",
    "appxbundle",
    "application",
    "deb",
    "rpm",
    "pkg",
    "dmg",
    "run",
    // Scripts.
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "psd1",
    "ps1xml",
    "psc1",
    "vbs",
    "vbe",
    "vb",
    "js",
    "jse",
    "mjs",
    "ws",
    "wsf",
    "wsh",
    "wsc",
    "sct",
    "hta",
    "sh",
    "bash",
    "zsh",
    "csh",
    "ksh",
    "fish",
    "command",
    "py",
    "pyw",
    "pyc",
    "rb",
    "pl",
    "php",
    "lua",
    "scpt",
    "applescript",
    // What leads elsewhere or changes the system.
    "lnk",
    "url",
    "scf",
    "desktop",
    "reg",
    "inf",
    "msc",
    "chm",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    // Documents with macros.
    "docm",
    "dotm",
    "xlsm",
    "xltm",
    "xlsb",
    "xlam",
    "xla",
    "pptm",
    "potm",
    "ppsm",
    "ppam",
    "sldm",
    // Images of disks, which open without a warning about what is in them.
    "iso",
    "img",
    "vhd",
    "vhdx",
];

/// What the first bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Program,
    Pdf,
    Image,
    Sound,
    /// The container of newer office documents, and of archives.
    Zip,
    /// The container of older office documents, and of encrypted ones.
    Compound,
    Archive,
    Text,
    Unknown,
}

/// Judges a file by its name and its first [`HEAD`] bytes, or all of them if there are fewer.
///
/// # Errors
/// [`Unfit`]; a program is fit where `programs` says so, but never under the name of something else.
pub fn judge(name: &str, head: &[u8], programs: bool) -> Result<Kind, Unfit> {
    let (kind, content) = (Kind::of_name(name), content(head));
    let plain = ending(name).is_empty();
    let fits = match kind {
        // A picture of another format than its name says is still a picture: telephones make such.
        Kind::Pdf => content == Content::Pdf,
        Kind::Image => content == Content::Image || (content == Content::Text && ending(name) == "svg"),
        // Care software writes tables as text, or as web pages, under the ending of a spreadsheet.
        Kind::Document | Kind::Sheet | Kind::Slides => {
            matches!(content, Content::Zip | Content::Compound | Content::Archive | Content::Text | Content::Unknown)
        }
        Kind::Text => matches!(content, Content::Text | Content::Unknown),
        Kind::Archive => matches!(content, Content::Zip | Content::Archive | Content::Unknown),
        Kind::Audio | Kind::Video => matches!(content, Content::Sound | Content::Unknown),
        Kind::Program => true,
        Kind::Other => plain || content != Content::Program,
    };
    match (kind, content) {
        _ if !fits => Err(Unfit::OtherContent),
        (Kind::Program, _) | (_, Content::Program) if !programs => Err(Unfit::Program),
        (_, Content::Program) => Ok(Kind::Program),
        _ => Ok(kind),
    }
}

/// Whether bytes are a program's, whatever they are called.
#[must_use]
pub fn is_program(head: &[u8]) -> bool {
    content(head) == Content::Program
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn content(head: &[u8]) -> Content {
    let text = is_text(head);
    if head.starts_with(b"#!") {
        return Content::Program;
    }
    if head.windows(5).take(PDF_WITHIN).any(|bytes| bytes == b"%PDF-") {
        return Content::Pdf;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Content::Zip;
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Content::Compound;
    }
    // A shortcut of Windows: the size of its header, then the beginning of its class.
    if head.starts_with(&[0x4c, 0, 0, 0, 1, 0x14, 2, 0]) {
        return Content::Program;
    }
    if !text && is_code(head) {
        return Content::Program;
    }
    let Some(found) = infer::get(head) else { return if text { Content::Text } else { Content::Unknown } };
    // Marks of two or three letters stand at the beginning of texts too.
    if text && !matches!(found.mime_type(), "image/jpeg" | "image/png" | "image/gif") {
        return Content::Text;
    }
    match found.matcher_type() {
        MatcherType::Image => Content::Image,
        MatcherType::Audio | MatcherType::Video => Content::Sound,
        MatcherType::Archive if matches!(found.extension(), "deb" | "rpm" | "crx" | "dmg") => Content::Program,
        MatcherType::Archive => Content::Archive,
        MatcherType::Text => Content::Text,
        _ => Content::Unknown,
    }
}

/// Whether bytes begin as a program does. The library counts certificates and the like among these, too.
fn is_code(head: &[u8]) -> bool {
    use infer::app;
    app::is_exe(head)
        || app::is_elf(head)
        || app::is_mach(head)
        || app::is_java(head)
        || app::is_wasm(head)
        || app::is_dex(head)
}

/// Whether bytes could be text, in whatever encoding: none of them is zero, or they say that they are UTF-16.
fn is_text(head: &[u8]) -> bool {
    !head.contains(&0) || head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    const PE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
    const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    const MACHO: &[u8] = b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0";
    const LNK: &[u8] = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0";

    #[test]
    fn what_offices_send_passes() {
        for (name, head, kind) in [
            ("計画書.PDF", &b"%PDF-1.7\n"[..], Kind::Pdf),
            ("scan.pdf", b"\xef\xbb\xbf\r\n%PDF-1.4", Kind::Pdf),
            ("写真.jpg", JPEG, Kind::Image),
            ("screenshot.jpg", PNG, Kind::Image),
            ("図.svg", b"<svg xmlns=''/>", Kind::Image),
            ("アセスメント.xlsx", b"PK\x03\x04\x14\0\x06\0", Kind::Sheet),
            ("secret.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", Kind::Sheet),
            ("export.xls", b"<html><table>", Kind::Sheet),
            ("old.doc", b"{\\rtf1", Kind::Document),
            ("memo.txt", b"BM is no picture here, MZ no program", Kind::Text),
            ("sjis.csv", b"\x8e\x81\x96\xbc,\x8c\x8e", Kind::Text),
            ("utf16.csv", b"\xff\xfea\0b\0", Kind::Text),
            ("empty.txt", b"", Kind::Text),
            ("MZ.txt", b"MZ", Kind::Text),
            ("all.zip", b"PK\x03\x04\x14\0", Kind::Archive),
            ("data.bin", b"\x01\x02\x00\x04", Kind::Other),
            ("README", b"words", Kind::Other),
            ("office.p12", b"\x30\x82\x01\x0a\x02\x01\x03\0", Kind::Other),
        ] {
            assert_eq!(judge(name, head, false), Ok(kind), "{name}");
        }
    }

    #[test]
    fn programs_stay_here_unless_they_are_meant() {
        for (name, head) in [
            ("setup.exe", PE),
            ("setup.EXE", b"words"),
            ("invoice.pdf.exe", PE),
            ("a.msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"),
            ("a.lnk", LNK),
            ("a.bat", b"@echo off"),
            ("a.cmd", b"dir"),
            ("a.ps1", b"Get-Item"),
            ("a.js", b"alert()"),
            ("a.vbs", b"MsgBox 1"),
            ("請求書.xlsm", b"PK\x03\x04\x14\0"),
            ("a.sh", b"#!/bin/sh\n"),
            ("tool", ELF),
            ("tool", MACHO),
            ("run", b"#!/usr/bin/env python3\n"),
            ("a.iso", b"\0\0\0\0"),
        ] {
            assert_eq!(judge(name, head, false), Err(Unfit::Program), "{name}");
            assert!(judge(name, head, true).is_ok(), "{name}");
        }
    }

    #[test]
    fn content_that_contradicts_its_name_never_passes() {
        for (name, head) in [
            ("a.pdf", PE),
            ("a.pdf", PNG),
            ("a.pdf", b"<html>"),
            ("a.pdf", b""),
            ("a.jpg", ELF),
            ("a.jpg", b"%PDF-1.7"),
            ("a.png", b"words"),
            ("a.txt", PE),
            ("a.txt", PNG),
            ("a.csv", b"#!/bin/sh\n"),
            ("a.docx", PE),
            ("a.docx", MACHO),
            ("a.zip", ELF),
            ("a.mp4", PE),
            ("a.dat", PE),
            ("a.txt", LNK),
        ] {
            for programs in [false, true] {
                assert_eq!(judge(name, head, programs), Err(Unfit::OtherContent), "{name} {head:?}");
            }
        }
    }

    #[test]
    fn endings_stand_once_and_in_small_letters() {
        let mut sorted = PROGRAMS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PROGRAMS.len());
        for ending in PROGRAMS {
            assert_eq!(*ending, ending.to_lowercase());
            assert_eq!(Kind::of_name(&format!("x.{ending}")), Kind::Program, "{ending}");
        }
    }
}
