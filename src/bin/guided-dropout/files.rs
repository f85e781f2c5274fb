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
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?; // the rename must not reach the disk before the bytes do
        fs::rename(&beside, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&beside); // it may never have been created
        named(option, path, &error)
    })
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

fn named(option: &str, path: &Path, error: &std::io::Error) -> Failure {
    format!("{option} {}: {error}", path.display()).into()
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}
