//! Model families: one table each of the differences from BERT.
//!
//! Inside the lab a tensor has BERT's name without `bert.`: its *canonical* name. A [`Layout`] translates it to and from the
//! name that Hugging Face transformers gives it in that family. A new family is a file here and a line in [`Family`]; whatever
//! else differs (an activation, a missing dropout, a position offset) is a field of the table that [`crate::models::transformer`] obeys.

use crate::models::site::Site;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod bert;
mod distilbert;
mod electra;
mod gpt2;
mod layout;
mod modernbert;
mod refused;
mod roberta;

use layout::nothing_to_complete;
pub use layout::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom};
pub use refused::why_refused;

/// A family of models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Family {
    /// BERT (Devlin et al. 2018), and MiniLM, which shares its layout.
    #[default]
    Bert,
    /// DistilBERT (Sanh et al. 2019).
    DistilBert,
    /// ELECTRA (Clark et al. 2020).
    Electra,
    /// GPT-2 (Radford et al. 2019) and DistilGPT-2.
    Gpt2,
    /// ModernBERT (Warner et al. 2024) and Ettin.
    ModernBert,
    /// RoBERTa (Liu et al. 2019), DistilRoBERTa and XLM-R.
    Roberta,
}

impl Family {
    /// All families.
    pub const ALL: [Family; 6] =
        [Family::Bert, Family::DistilBert, Family::Electra, Family::Gpt2, Family::ModernBert, Family::Roberta];

    /// The family of a `model_type`.
    pub fn of(model_type: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.layout().model_types.contains(&model_type))
    }

    /// Its table.
    pub fn layout(self) -> &'static Layout {
        match self {
            Family::Bert => &bert::LAYOUT,
            Family::DistilBert => &distilbert::LAYOUT,
            Family::Electra => &electra::LAYOUT,
            Family::Gpt2 => &gpt2::LAYOUT,
            Family::ModernBert => &modernbert::LAYOUT,
            Family::Roberta => &roberta::LAYOUT,
        }
    }

    /// The dropout sites of an encoder of so many layers, in data-flow order.
    pub fn sites(self, layers: usize) -> Vec<Site> {
        Site::all(layers).into_iter().filter(|&site| self.dropout_module(site).is_some()).collect()
    }

    /// The dropout module of a site, by its path within the encoder; none where the family has no such site. The
    /// classifier's own dropout is no site of the method.
    pub fn dropout_module(self, site: Site) -> Option<String> {
        let [embeddings, probabilities, attention_output, output] = self.layout().dropout;
        let of_layer = |module: Option<&str>, k: usize| module.map(|path| path.replace('K', &k.to_string()));
        match site {
            Site::Embeddings => embeddings.map(String::from),
            Site::AttentionSelf(k) => of_layer(probabilities, k),
            Site::AttentionOutput(k) => of_layer(attention_output, k),
            Site::Output(k) => of_layer(output, k),
            Site::Classifier | Site::ClassifierInput => None,
        }
    }

    /// Hugging Face's name of a tensor without the encoder's prefix, from its canonical one.
    pub fn bare(self, canonical: &str) -> String {
        let table = self.layout().names.iter().map(|&(from, to)| (from, to));
        translated(canonical, table).unwrap_or_else(|| canonical.to_string())
    }

    /// Hugging Face's name of a tensor, from its canonical one.
    pub fn upstream(self, canonical: &str) -> String {
        let layout = self.layout();
        let name = self.bare(canonical);
        let of_head = |part: &str| canonical.starts_with(part);
        let has_pooler = layout.pools_pretrained() && !layout.shares_head();
        let is_head = of_head("cls.") || of_head("classifier.") || (of_head("pooler.") && !has_pooler);
        if is_head { name } else { format!("{}.{name}", layout.base) }
    }

    /// The canonical name of a tensor, from Hugging Face's with or without the encoder's prefix. TensorFlow's `gamma` and
    /// `beta` are `weight` and `bias`. A tensor that the table has no place for keeps its name.
    pub fn canonical(self, upstream: &str) -> String {
        let layout = self.layout();
        let bare = upstream.strip_prefix(layout.base).and_then(|rest| rest.strip_prefix('.')).unwrap_or(upstream);
        let bare = bare.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias");
        if let Some(name) = translated(&bare, layout.names.iter().map(|&(to, from)| (from, to))) {
            return name;
        }
        // Its name means another tensor in the lab's own: RoBERTa's pooler is not the dense layer of its classifier.
        let is_taken = translated(&bare, layout.names.iter().map(|&(canonical, _)| (canonical, canonical))).is_some();
        if is_taken { format!("{}.{bare}", layout.base) } else { bare }
    }

    /// The site that a parameter precedes in a model of so many layers, by the parameter's Hugging Face name; none for the
    /// intermediate layers of most families, for layers that no dropout follows, for a final LayerNorm, and for every head.
    pub fn site_of(upstream: &str, layers: usize) -> Option<Site> {
        let (family, name) = Family::parse(upstream)?;
        let site = if name.starts_with("embeddings.") {
            Site::Embeddings
        } else if name.starts_with("embeddings_project.") {
            Site::AttentionSelf(0) // ELECTRA's projection follows the embeddings' dropout
        } else {
            let (k, part) = name.strip_prefix("encoder.layer.")?.split_once('.')?;
            let k = k.parse().ok()?;
            if part.starts_with("output.") && family.layout().is_gated {
                // Its dropout stands before the outer layer, whose output meets the next in the layer after it.
                Some(k + 1).filter(|&next| next < layers).map(Site::AttentionSelf)?
            } else if part.starts_with("attention.self.") {
                Site::AttentionSelf(k)
            } else if part.starts_with("attention.output.") {
                Site::AttentionOutput(k)
            } else if part.starts_with("output.")
                || (part.starts_with("intermediate.") && family.layout().scores_intermediate)
            {
                Site::Output(k)
            } else {
                return None;
            }
        };
        family.dropout_module(site).map(|_| site)
    }

    /// How many layers these are the tensors of, by their Hugging Face names.
    pub fn layers_of<'a>(names: impl Iterator<Item = &'a str>) -> usize {
        let layer = |name: &str| {
            let (_, name) = Family::parse(name)?;
            name.strip_prefix("encoder.layer.")?.split('.').next()?.parse::<usize>().ok()
        };
        names.filter_map(layer).max().map_or(0, |last| last + 1)
    }

    /// The family and the canonical name of a tensor of an encoder, by Hugging Face's full name.
    pub fn parse(upstream: &str) -> Option<(Family, String)> {
        let base = upstream.split('.').next()?;
        let family = Family::ALL.into_iter().find(|family| family.layout().base == base)?;
        Some((family, family.canonical(upstream)))
    }
}

/// `name` with the longest of these beginnings replaced; none if it begins with none of them.
fn translated(name: &str, table: impl Iterator<Item = (&'static str, &'static str)>) -> Option<String> {
    let (plain, layer) = without_number(name);
    let rest = |from: &str| plain.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('.'));
    let (from, to) = table.filter(|(from, _)| rest(from).is_some()).max_by_key(|(from, _)| from.len())?;
    let renamed = format!("{to}{}", &plain[from.len()..]);
    Some(layer.map_or(renamed.clone(), |k| renamed.replacen(".K.", &format!(".{k}."), 1)))
}

/// `encoder.layer.3.output` → `encoder.layer.K.output` and 3; `h.3.attn` → `h.K.attn` and 3.
fn without_number(name: &str) -> (String, Option<&str>) {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = name.split('.').find(is_number) else { return (name.to_string(), None) };
    (name.split('.').map(|part| if part == number { "K" } else { part }).collect::<Vec<_>>().join("."), Some(number))
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.layout().model_types[0])
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
        let model_type = String::deserialize(deserializer)?;
        Family::of(&model_type).ok_or_else(|| serde::de::Error::custom(format!("model_type {model_type:?}")))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn names_translate_both_ways() {
        let cases = [
            (Family::Bert, "encoder.layer.11.output.dense.weight", "bert.encoder.layer.11.output.dense.weight"),
            (Family::Bert, "pooler.dense.bias", "bert.pooler.dense.bias"),
            (Family::Bert, "cls.predictions.bias", "cls.predictions.bias"),
            (
                Family::DistilBert,
                "encoder.layer.3.attention.self.query.weight",
                "distilbert.transformer.layer.3.attention.q_lin.weight",
            ),
            (
                Family::DistilBert,
                "encoder.layer.10.output.LayerNorm.bias",
                "distilbert.transformer.layer.10.output_layer_norm.bias",
            ),
            (Family::DistilBert, "pooler.dense.weight", "pre_classifier.weight"),
            (Family::DistilBert, "cls.predictions.bias", "vocab_projector.bias"),
            (Family::Roberta, "pooler.dense.weight", "classifier.dense.weight"),
            (Family::Roberta, "classifier.bias", "classifier.out_proj.bias"),
            (Family::Roberta, "cls.predictions.transform.LayerNorm.weight", "lm_head.layer_norm.weight"),
            (Family::Electra, "embeddings_project.weight", "electra.embeddings_project.weight"),
            (Family::Electra, "cls.predictions.transform.dense.bias", "generator_predictions.dense.bias"),
            (Family::Gpt2, "encoder.layer.10.attention.self.qkv.weight", "transformer.h.10.attn.c_attn.weight"),
            (Family::Gpt2, "encoder.layer.0.intermediate.LayerNorm.bias", "transformer.h.0.ln_2.bias"),
            (Family::Gpt2, "encoder.LayerNorm.weight", "transformer.ln_f.weight"),
            (Family::Gpt2, "classifier.weight", "score.weight"),
            (Family::ModernBert, "encoder.layer.10.attention.self.qkv.weight", "model.layers.10.attn.Wqkv.weight"),
            (Family::ModernBert, "encoder.LayerNorm.weight", "model.final_norm.weight"),
            (Family::ModernBert, "cls.predictions.transform.LayerNorm.weight", "head.norm.weight"),
            (Family::ModernBert, "cls.predictions.bias", "decoder.bias"),
            (Family::ModernBert, "classifier.bias", "classifier.bias"),
        ];
        for (family, canonical, upstream) in cases {
            assert_eq!(family.upstream(canonical), upstream);
            assert_eq!(family.canonical(upstream), canonical);
        }
        assert_eq!(Family::Bert.canonical("bert.embeddings.LayerNorm.gamma"), "embeddings.LayerNorm.weight");
        assert_eq!(Family::Bert.canonical("cls.predictions.decoder.bias"), "cls.predictions.bias");
        for upstream in ["roberta.pooler.dense.weight", "pooler.dense.weight"] {
            assert_eq!(Family::Roberta.canonical(upstream), "roberta.pooler.dense.weight", "not the classifier's");
        }
        assert_eq!(Family::ModernBert.upstream("pooler.dense.weight"), "head.dense.weight", "one head for both tasks");
    }

    #[test]
    fn sites_are_those_of_the_family() {
        assert_eq!(Family::Roberta.sites(6).len(), 19);
        assert_eq!(Family::DistilBert.sites(6).len(), 13);
        assert_eq!(
            Family::DistilBert.dropout_module(Site::Output(4)).as_deref(),
            Some("transformer.layer.4.ffn.dropout")
        );
        assert_eq!(Family::DistilBert.dropout_module(Site::AttentionOutput(0)), None);
        assert_eq!(Family::Gpt2.sites(12).len(), 37);
    }

    /// Its feed-forward's outer layer stands between one layer's last dropout and the next layer's first.
    #[test]
    fn a_tensor_of_modernbert_precedes_the_next_dropout() {
        let sites = [
            ("embeddings.norm.weight", Some(Site::Embeddings)),
            ("layers.3.attn_norm.weight", Some(Site::AttentionSelf(3))),
            ("layers.3.attn.Wqkv.weight", Some(Site::AttentionSelf(3))),
            ("layers.3.attn.Wo.weight", Some(Site::AttentionOutput(3))),
            ("layers.3.mlp_norm.weight", Some(Site::Output(3))),
            ("layers.3.mlp.Wi.weight", Some(Site::Output(3))),
            ("layers.2.mlp.Wo.weight", Some(Site::AttentionSelf(3))),
            ("layers.3.mlp.Wo.weight", None),
            ("final_norm.weight", None),
        ];
        for (name, site) in sites {
            assert_eq!(Family::site_of(&format!("model.{name}"), 4), site, "{name}");
        }
        assert_eq!(Family::layers_of(sites.map(|(name, _)| format!("model.{name}")).iter().map(String::as_str)), 4);
    }

    #[test]
    fn a_tensor_of_gpt2_precedes_the_next_dropout() {
        let sites = [
            ("wpe.weight", Some(Site::Embeddings)),
            ("h.3.ln_1.bias", Some(Site::AttentionSelf(3))),
            ("h.3.attn.c_attn.weight", Some(Site::AttentionSelf(3))),
            ("h.3.attn.c_proj.bias", Some(Site::AttentionOutput(3))),
            ("h.3.ln_2.weight", Some(Site::Output(3))),
            ("h.3.mlp.c_fc.weight", Some(Site::Output(3))),
            ("h.3.mlp.c_proj.weight", Some(Site::Output(3))),
            ("ln_f.weight", None),
        ];
        for (name, site) in sites {
            assert_eq!(Family::site_of(&format!("transformer.{name}"), 4), site, "{name}");
        }
        assert_eq!(Family::site_of("bert.encoder.layer.3.intermediate.dense.weight", 4), None);
    }
}
