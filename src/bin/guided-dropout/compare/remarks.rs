//! Remarks about a checkpoint, in English.

use guided_dropout_lab::models::remark::Remark;

/// A remark as a sentence without its full stop.
pub fn words(remark: &Remark) -> String {
    match remark {
        Remark::Prefix { prefix } => format!("the prefix {prefix:?} was removed from all tensor names"),
        Remark::Classifier { classes } => {
            format!("the checkpoint's classifier ({classes} classes) is not used unless --keep-classifier is given")
        }
        Remark::MoreLayers { file, used } => format!("the file has {file} layers; config.json uses the first {used}"),
        Remark::Decoder => "config.json describes a decoder; attention is bidirectional here".to_string(),
        Remark::Unused { count, names } => {
            let more = if *count > names.len() { ", …" } else { "" };
            format!("unused tensors: {count} ({}{more})", names.join(", "))
        }
    }
}
