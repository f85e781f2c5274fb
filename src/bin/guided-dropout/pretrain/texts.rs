//! Plain text: a tokenizer made from it, and the windows that are trained on.

use crate::{Failure, files};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use std::path::{Path, PathBuf};
use tokenizers::models::wordpiece::{WordPiece, WordPieceTrainer};
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, TokenizerBuilder};

type WordPieceTokenizer = tokenizers::TokenizerImpl<
    WordPiece,
    BertNormalizer,
    BertPreTokenizer,
    TemplateProcessing,
    tokenizers::decoders::wordpiece::WordPiece,
>;

/// BERT's uncased tokenizer with a vocabulary of its own. The trainer breaks ties by hash order, so the same text can
/// give another vocabulary: the file is made once and kept.
pub fn train_tokenizer(texts: &[PathBuf], vocabulary: usize) -> Result<Vec<u8>, Failure> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let template = TemplateProcessing::builder()
        .try_single("[CLS] $A [SEP]")?
        .try_pair("[CLS] $A [SEP] $B:1 [SEP]:1")?
        .special_tokens(vec![("[CLS]", 2), ("[SEP]", 3)])
        .build()?;
    let mut tokenizer: WordPieceTokenizer = TokenizerBuilder::new()
        .with_model(WordPiece::builder().unk_token("[UNK]".into()).build()?)
        .with_normalizer(Some(BertNormalizer::default()))
        .with_pre_tokenizer(Some(BertPreTokenizer))
        .with_post_processor(Some(template))
        .with_decoder(Some(tokenizers::decoders::wordpiece::WordPiece::default()))
        .build()?;
    let mut trainer = WordPieceTrainer::builder()
        .vocab_size(vocabulary)
        .show_progress(false)
        .special_tokens(special.iter().map(|s| AddedToken::from(*s, true)).collect())
        .build();
    let texts: Vec<String> = texts.iter().map(|path| read_text("TEXT", path)).collect::<Result<_, _>>()?;
    tokenizer.train(&mut trainer, texts.iter().flat_map(|t| t.lines()))?;
    Ok(tokenizer.to_string(true)?.into_bytes())
}

/// Paragraphs cut into windows of whole tokens, `[CLS]` and `[SEP]` around each.
pub fn windows(
    option: &str,
    paths: &[PathBuf],
    tokenizer: &Tokenizer,
    max_tokens: usize,
) -> Result<Vec<Vec<u32>>, Failure> {
    let mut windows = Vec::new();
    for path in paths {
        for line in read_text(option, path)?.lines().filter(|l| l.split_whitespace().count() >= 8) {
            let ids = tokenizer.encode(line, None)?.ids;
            let (first, last) = (ids[0], ids[ids.len() - 1]);
            for chunk in ids[1..ids.len() - 1].chunks(max_tokens - 2).filter(|c| c.len() >= 8) {
                windows.push([&[first], chunk, &[last]].concat());
            }
        }
    }
    Ok(windows)
}

fn read_text(option: &str, path: &Path) -> Result<String, Failure> {
    let bytes = files::read(option, path)?;
    String::from_utf8(bytes)
        .map_err(|error| format!("{option} {}: expected UTF-8 text, got {error}", path.display()).into())
}
