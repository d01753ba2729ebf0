//! The sample's bundles, taken apart into cells and put together again.

use std::{fs, path::PathBuf};

use careplan::{Collection, Finding, Rows};

/// A file by its name.
pub type Named = (String, Vec<u8>);

/// Bundles that together have every kind of file, of both editions.
pub const BASES: [&str; 16] = [
    "20251020090308-B1",
    "20251020090353-B1",
    "20251024090834-B2",
    "20251024090725-B2",
    "20251105090300-B3",
    "20251105090320-B4",
    "20251202091006-B5",
    "20251202091115-B5",
    "20251203090744-B6",
    "20251010090154-Y2",
    "20251010090301-Y5",
    "20251014091933-Y3",
    "20251014091938-Y6",
    "20250220090747-B2",
    "20250402090613-B5",
    "20250402090748-B5",
];

/// What was found.
pub struct Noticed {
    /// In units.
    pub findings: Vec<Finding>,
    /// About files with other names.
    pub strays: Vec<Finding>,
    /// Rows that cannot be read.
    pub refused: usize,
}

/// A table of raw cells, quotes and all.
pub struct Table(pub Vec<Vec<Vec<u8>>>);

/// The files of the bundle whose folder begins so.
pub fn bundle(begin: &str) -> Vec<Named> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/aoba-202511/bundles");
    let mut folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let folder = folders.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(begin)).unwrap();
    let mut files: Vec<Named> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

pub fn judge(files: &[Named]) -> Noticed {
    let mut collection = Collection::new();
    for (name, bytes) in files {
        collection.add(name, bytes);
    }
    let sorted = collection.sort();
    Noticed {
        refused: sorted.units.iter().flat_map(|unit| unit.files()).map(|file| file.refused_rows()).sum(),
        findings: sorted.units.iter().flat_map(|unit| unit.findings().to_vec()).collect(),
        strays: sorted.strays.into_iter().map(|(_, finding)| finding).collect(),
    }
}

/// The position of the file of this kind.
pub fn position(files: &[Named], kind: &str) -> usize {
    let begin = format!("{kind}_");
    files.iter().position(|(name, _)| name.starts_with(&begin)).unwrap_or_else(|| panic!("no {kind}"))
}

impl Table {
    pub fn of(bytes: &[u8]) -> Self {
        let mut rows = Rows::new(bytes);
        let mut table = Vec::new();
        while let Some(row) = rows.next_row() {
            let cell = |cell: &careplan::Cell| {
                let content = row.raw(cell);
                if cell.is_quoted() { [b"\"", content, b"\""].concat() } else { content.to_vec() }
            };
            table.push(row.cells().iter().map(cell).collect());
        }
        Self(table)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|row| [row.join(&b','), b"\r\n".to_vec()].concat()).collect()
    }
}
