//! The common prefix of tensor names that other programs add.

/// Prefixes of tensor names that other programs add: DataParallel, wrappers of several models, Sentence
/// Transformers, `torch.compile`.
const PREFIXES: [&str; 5] = ["module.", "model.", "0.auto_model.", "auto_model.", "_orig_mod."];

/// The known prefix that all of these names share; empty if there is none.
pub fn common_prefix<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut prefix = String::new();
    loop {
        let fits = |part: &&&str| {
            let rest = |name: &'a str| name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with(**part));
            names.clone().next().is_some() && names.clone().all(rest)
        };
        let Some(part) = PREFIXES.iter().find(fits) else { return prefix };
        prefix += part;
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_before_all_names_is_a_prefix() {
        let of = |names: &[&str]| common_prefix(names.iter().copied());
        assert_eq!(of(&["module.bert.a", "module.classifier.b"]), "module.");
        assert_eq!(of(&["module.model.a", "module.model.b"]), "module.model.");
        assert_eq!(of(&["model.a", "b"]), "");
        assert_eq!(of(&["bert.a", "bert.b"]), "", "which is the model's own");
        assert_eq!(of(&[]), "");
    }
}
