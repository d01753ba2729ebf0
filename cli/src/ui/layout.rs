//! Columns and lines for text that mixes Japanese and Latin letters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What must not begin a line (JIS X 4051, the part that a console meets).
const NOT_FIRST: &str =
    "、。，．・：；？！）」』】〕〉》〟ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝヽ…‥)]>,.;:!?";
/// What must not end a line.
const NOT_LAST: &str = "（「『【〔〈《〝([<";

/// Columns of a text in a console; wide characters take two.
#[must_use]
pub fn width_of(text: &str) -> usize {
    text.width()
}

/// Fills a text with spaces up to `width` columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(width_of(text))))
}

/// Breaks a text into lines of at most `width` columns: at spaces, and between Japanese
/// characters except where the next line would begin with a full stop or the like. A word that is
/// wider than a line stands alone and overflows, so that it can still be copied whole.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for unit in units(paragraph) {
            if width_of(line.as_str()) + width_of(unit.trim_end()) > width && !line.trim_end().is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            line.push_str(unit);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Pieces that stay together; spaces belong to the piece before them.
fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            units.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    units.push(&text[start..]);
    units
}

fn may_break(before: char, after: char) -> bool {
    let wide = |c: char| c.width().unwrap_or(0) > 1;
    if after == ' ' || NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    before == ' ' || wide(before) || wide(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_breaks_anywhere_but_not_before_a_full_stop() {
        assert_eq!(wrap("窓口の鍵を作ります。", 10), ["窓口の鍵を", "作ります。"]);
        assert_eq!(wrap("窓口の鍵です。", 12), ["窓口の鍵で", "す。"]);
        assert_eq!(wrap("鍵（秘密）", 4), ["鍵", "（秘", "密）"]);
    }

    #[test]
    fn words_and_addresses_stay_whole() {
        assert_eq!(wrap("send it to 1379900010-11 now", 14), ["send it to", "1379900010-11", "now"]);
        assert_eq!(wrap("/ip4/192.0.2.1/tcp/47200 です", 8), ["/ip4/192.0.2.1/tcp/47200", "です"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("a\nb", 8), ["a", "b"]);
    }

    #[test]
    fn columns_count_wide_characters_twice() {
        assert_eq!(width_of("事業所 1"), 8);
        assert_eq!(pad("窓口", 6), "窓口  ");
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_spaces_is_lost(text in "[ a-z。（）窓口]{0,60}", width in 1_usize..40) {
            let kept: String = wrap(&text, width).concat().replace(' ', "");
            proptest::prop_assert_eq!(kept, text.replace(' ', ""));
        }
    }
}
