//! Families that the lab does not hold: why, and what would work instead.

/// (values of `model_type`, why, and what instead).
const REFUSED: [(&[&str], &str); 6] = [
    (
        &["albert"],
        "its layers share one set of weights, so it has four dropout sites, too few to guide; a DistilBERT of like size works",
    ),
    (
        &["deberta", "deberta-v2", "mpnet", "xlnet"],
        "its attention goes by relative positions, which the lab does not compute; a RoBERTa of like size works",
    ),
    (
        &["nomic_bert", "neobert", "modernbert-decoder"],
        "it differs from ModernBERT in rotary positions, attention or feed-forward layers; a ModernBERT or BERT of like size works",
    ),
    (
        &["t5", "mt5", "umt5", "bart", "mbart", "pegasus", "marian"],
        "it has an encoder and a decoder, and the lab holds one of them; a RoBERTa works, or a GPT-2 for a decoder",
    ),
    (
        &["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi", "phi3", "gpt_neox", "smollm3"],
        "its rotary positions are not computed here; GPT-2 and DistilGPT-2 are decoders that work",
    ),
    (
        &["gpt_neo", "gptj", "opt", "bloom"],
        "it differs from GPT-2 in positions or attention; GPT-2 and DistilGPT-2 are decoders that work",
    ),
];

/// Why the lab does not hold a family, and what would work instead, where that is known.
pub fn why_refused(model_type: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(types, _)| types.contains(&model_type)).map(|&(_, why)| why)
}
