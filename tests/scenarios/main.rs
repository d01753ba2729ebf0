//! Stories, one file each.

mod exchange;
