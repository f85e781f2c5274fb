//! The content of a small text file of a model, without a byte-order mark; Git LFS pointers are refused.

use crate::error::{Error, ErrorKind, Place, Result};

/// The bytes of a file without a byte order mark.
///
/// # Errors
/// An error of `kind` where the file is a pointer of Git LFS, which stands for the file.
pub fn content<'a>(kind: ErrorKind, name: &str, bytes: &'a [u8]) -> Result<&'a [u8]> {
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        let got = "a pointer of Git LFS that stands for it (fetch the file itself with \"git lfs pull\", or with the \
                   download button of the model's page)";
        return Err(Error::new(kind, Place::named(name), "the file", got));
    }
    Ok(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
}
