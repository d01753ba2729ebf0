//! Which language the reader gets.

use std::ffi::OsString;

/// A language with a message file. Japanese comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Chooses: `--lang`, then `MUSUBI_LANG`, then the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that
    /// is set, then what the system says.
    ///
    /// An English locale gives English; anything else, `C` and unknown ones included, Japanese:
    /// the offices that Musubi is for are in Japan. Arguments are read here before they are parsed,
    /// so that wrong usage too is explained in the right language.
    pub fn choose(
        args: &[OsString],
        env: impl Fn(&str) -> Option<OsString>,
        system: impl FnOnce() -> Option<String>,
    ) -> Self {
        let var = |name: &str| env(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        if let Some(lang) = Self::of_args(args) {
            return lang;
        }
        if let Some(lang) = var("MUSUBI_LANG").and_then(|value| Self::of_locale(&value)) {
            return lang;
        }
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(var)
            .or_else(system)
            .and_then(|locale| Self::of_locale(&locale))
            .unwrap_or_default()
    }

    fn of_args(args: &[OsString]) -> Option<Self> {
        let mut words = args.iter().skip(1).map(|word| word.to_string_lossy()).take_while(|word| word != "--");
        let mut found = None;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--lang") {
                Some("") => words.next()?.into_owned(),
                Some(rest) => rest.strip_prefix('=').unwrap_or_default().to_owned(),
                None => continue,
            };
            found = match value.as_str() {
                "ja" => Some(Self::Ja),
                "en" => Some(Self::En),
                _ => found,
            };
        }
        found
    }

    /// Reads a locale name, `en_GB.UTF-8` or `ja-JP`; `None` for other languages.
    fn of_locale(locale: &str) -> Option<Self> {
        match locale.split(['_', '-', '.', '@']).next()?.to_ascii_lowercase().as_str() {
            "ja" | "japanese" => Some(Self::Ja),
            "en" | "english" => Some(Self::En),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(args: &[&str], env: &[(&str, &str)], system: Option<&str>) -> Lang {
        let args: Vec<OsString> = std::iter::once("musubi").chain(args.iter().copied()).map(Into::into).collect();
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Lang::choose(&args, env, || system.map(ToOwned::to_owned))
    }

    #[test]
    fn the_nearer_choice_wins() {
        let env = [("MUSUBI_LANG", "en"), ("LC_ALL", "ja_JP.UTF-8")];
        assert_eq!(choose(&["--lang", "ja"], &env, None), Lang::Ja);
        assert_eq!(choose(&["inbox", "--lang=ja"], &env, None), Lang::Ja);
        assert_eq!(choose(&[], &env, None), Lang::En);
        assert_eq!(choose(&[], &[("LC_ALL", ""), ("LANG", "en_GB.UTF-8")], Some("ja-JP")), Lang::En);
        assert_eq!(choose(&[], &[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")], Some("en-US")), Lang::Ja);
        assert_eq!(choose(&[], &[], Some("en-US")), Lang::En);
    }

    #[test]
    fn the_unknown_is_japanese() {
        for locale in ["C", "C.UTF-8", "POSIX", "de_DE", "", "tlh"] {
            assert_eq!(choose(&[], &[("LANG", locale)], None), Lang::Ja, "{locale}");
        }
        assert_eq!(choose(&["--lang"], &[], None), Lang::Ja);
        assert_eq!(choose(&["--", "--lang", "en"], &[], None), Lang::Ja);
    }
}
