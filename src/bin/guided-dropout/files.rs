//! Files that the command line names: read and replaced whole, with errors that name option and path.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

type Failure = Box<dyn Error + Send + Sync>;

/// The bytes of the file that `option` names.
pub fn read(option: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| named(option, path, &error))
}

/// Writes beside `path` and renames, so that a full disk or a crash leaves what was there before.
pub fn replace(option: &str, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut replacement = Replacement::new(option, path)?;
    replacement.write(bytes)?;
    replacement.finish()
}

/// A file that takes the place of another once all of it is written; dropped before, it leaves what was there.
pub struct Replacement<'a> {
    option: &'a str,
    path: &'a Path,
    beside: PathBuf,
    file: File,
}

impl<'a> Replacement<'a> {
    /// Begins a file beside `path`.
    pub fn new(option: &'a str, path: &'a Path) -> Result<Replacement<'a>, Failure> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.new", std::process::id()));
        let beside = PathBuf::from(beside);
        let file = File::create(&beside).map_err(|error| named(option, path, &error))?;
        Ok(Replacement { option, path, beside, file })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| named(self.option, self.path, &error))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<(), Failure> {
        let finished = self.file.sync_all(); // the rename must not reach the disk before the bytes do
        let finished = finished.and_then(|()| fs::rename(&self.beside, self.path));
        finished.map_err(|error| named(self.option, self.path, &error))
    }
}

impl Drop for Replacement<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside); // once it is finished, there is none of this name
    }
}

/// Refuses to write to a file that is also read: it would be lost.
pub fn refuse_overwriting(option: &str, output: &Path, inputs: &[(&str, &Path)]) -> Result<(), Failure> {
    let Ok(output_file) = fs::canonicalize(output) else { return Ok(()) }; // nothing there to overwrite
    for (input_option, input) in inputs {
        if fs::canonicalize(input).is_ok_and(|input_file| input_file == output_file) {
            let output = output.display();
            return Err(format!("{option} {output}: is also {input_option} and would be overwritten").into());
        }
    }
    Ok(())
}

/// An error with the option and the path that it is about.
pub fn named(option: &str, path: &Path, error: &std::io::Error) -> Failure {
    format!("{option} {}: {error}", path.display()).into()
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}
