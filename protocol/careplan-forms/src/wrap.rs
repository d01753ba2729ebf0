//! Breaking Japanese text into lines.

use crate::face::{Face, Mark, selects};

/// A line of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it says, without the spaces at which it was broken.
    pub text: String,
    /// How wide it is, in points.
    pub width: f32,
}

/// Never at the beginning of a line.
const NOT_FIRST: &str = "、。，．・：；？！ヽヾゝゞ々ー）〕］｝〉》」』】〙〗〟’”»,.:;?!)]}%％‰℃°′″…‥〜～゛゜\
    ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ｡､｣･ｰﾞﾟｧｨｩｪｫｬｭｮｯ";
/// Never at the end of a line.
const NOT_LAST: &str = "（〔［｛〈《「『【〘〖〝‘“«([{｢￥¥＄$＃#№〒□■";
/// A text of more characters is not set smaller for the sake of a word in it.
const SHORT: usize = 40;
/// Widths are sums of roundings; a line that fits on paper must not be broken for the last bit.
const HAIR: f32 = 0.01;

/// Breaks a text into lines of at most `width` points. Only a single character that is wider than that stands out.
///
/// A short text is broken where a new word of a phrase is likely to begin, if that takes no more lines.
pub fn wrap(face: &Face, text: &str, size: f32, width: f32) -> Vec<Line> {
    let lines = paragraphs(text).flat_map(|paragraph| {
        let lines = broken(face, paragraph, size, width, false);
        if lines.len() < 2 || SHORT < paragraph.chars().count() {
            return lines;
        }
        let by_phrases = broken(face, paragraph, size, width, true);
        if by_phrases.len() == lines.len() { by_phrases } else { lines }
    });
    lines.collect()
}

/// How wide the widest part is that is not broken while there is room, in ems. Of a long text only numbers count.
fn widest_word(face: &Face, text: &str) -> f32 {
    let is_long = SHORT < text.chars().count();
    let mut widest: f32 = 0.0;
    for paragraph in paragraphs(text) {
        let marks: Vec<Mark> = face.marks(paragraph).collect();
        let mut before: Option<&Mark> = None;
        let (mut word, mut has_letters) = (0.0, false);
        for mark in &marks {
            if before.is_some_and(|before| may_break(paragraph, before, mark)) {
                (word, has_letters) = (0.0, false);
            }
            let character = first(paragraph, mark);
            has_letters |= character.is_alphabetic();
            if !is_space(character) {
                word += mark.width;
            }
            if !(is_long && has_letters) {
                widest = widest.max(word);
            }
            before = Some(mark);
        }
    }
    widest
}

/// The size at which a text stands in a width: the usual one, or smaller where a number or word fits whole at not less
/// than six tenths of it, for a number in two lines is read as two numbers.
pub fn fitting(face: &Face, text: &str, size: f32, width: f32) -> f32 {
    let word = widest_word(face, text);
    let whole = if word * size <= width + HAIR { size } else { width / word };
    // No glyph is wider than its em, so at this size at least one fits.
    if size * 0.6 <= whole { whole } else { size.min(width) }
}

/// The size at which a text stands in a cell: a little smaller than usual where that saves a line of one or two characters.
pub fn size(face: &Face, text: &str, size: f32, width: f32) -> f32 {
    let size = fitting(face, text, size, width);
    // As full as lines can be: where a phrase ends says nothing about room.
    let filled =
        |size: f32| paragraphs(text).flat_map(|line| broken(face, line, size, width, false)).collect::<Vec<_>>();
    let lines = filled(size);
    if lines.iter().skip(1).any(|line| line.width <= 2.0 * size) {
        let smaller = [0.96, 0.92, 0.88].map(|part| size * part);
        let saving = smaller.into_iter().find(|size| filled(*size).len() < lines.len());
        return saving.unwrap_or(size);
    }
    size
}

/// The lines as they were written. A line break at the very end ends the last line and begins none.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').filter(|_| !text.is_empty())
}

fn broken(face: &Face, text: &str, size: f32, width: f32, by_phrases: bool) -> Vec<Line> {
    let marks: Vec<Mark> = face.marks(text).collect();
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chance = None;
    let mut better = None;
    let mut reached = 0.0;
    let mut index = 0;
    while let Some(mark) = marks.get(index) {
        if start < index && may_break(text, &marks[index - 1], mark) {
            chance = Some(index);
            if by_phrases && begins_phrase(text, &marks[index - 1], mark) {
                better = chance;
            }
        }
        let next = reached + mark.width * size;
        // Spaces may stand out: they are cut off where the line is broken.
        if width + HAIR < next && start < index && !is_space(first(text, mark)) {
            let cut = better.take().or(chance).unwrap_or(index);
            chance = chance.filter(|chance| cut < *chance);
            lines.push(line(text, &marks[start..cut], size));
            start = cut;
            reached = marks[start..index].iter().map(|mark| mark.width * size).sum();
        } else {
            reached = next;
            index += 1;
        }
    }
    lines.push(line(text, &marks[start..], size));
    lines
}

fn line(text: &str, marks: &[Mark], size: f32) -> Line {
    let kept = marks.iter().rposition(|mark| !is_space(first(text, mark))).map_or(0, |last| last + 1);
    let marks = &marks[..kept];
    match (marks.first(), marks.last()) {
        (Some(from), Some(to)) => Line {
            text: text[from.bytes.start..to.bytes.end].to_owned(),
            width: marks.iter().map(|mark| mark.width * size).sum(),
        },
        _ => Line { text: String::new(), width: 0.0 },
    }
}

fn may_break(text: &str, before: &Mark, after: &Mark) -> bool {
    let (before, after) = (first(text, before), first(text, after));
    if is_space(after) || NOT_FIRST.contains(after) || selects(after) {
        return false;
    }
    if is_space(before) {
        return true;
    }
    !(NOT_LAST.contains(before) || in_word(before) && in_word(after))
}

/// Whether at a place where a line may be broken a word is likely to begin: after a sign or a space, and where the writing changes to
/// characters that are no syllables of an ending (前月までの｜短期入所, サービス｜内容).
fn begins_phrase(text: &str, before: &Mark, after: &Mark) -> bool {
    let (last, next) = (first(text, before), first(text, after));
    let (last, next) = (writing(last), writing(next));
    last == Writing::Sign || last != next && last != Writing::Letters && next != Writing::Hiragana
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    Hiragana,
    Katakana,
    Ideographs,
    Letters,
    Sign,
}

fn writing(character: char) -> Writing {
    match character {
        '\u{3041}'..='\u{309F}' => Writing::Hiragana,
        '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}' => Writing::Katakana,
        '々' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => Writing::Ideographs,
        letter if letter.is_alphanumeric() => Writing::Letters,
        _ => Writing::Sign,
    }
}

fn first(text: &str, mark: &Mark) -> char {
    text[mark.bytes.clone()].chars().next().unwrap_or(' ')
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{3000}')
}

/// Letters and digits, and whatever stands among them: all that is not written in squares.
fn in_word(character: char) -> bool {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => true,
        '\u{2000}'..='\u{2BFF}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FFEF}'
        | '\u{1F000}'..='\u{3FFFF}' => false,
        _ => true,
    }
}
