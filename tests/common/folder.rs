//! A temporary folder that is removed in the end.

use std::fs;
use std::path::PathBuf;

pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty folder; `test` tells those of tests that run at the same time apart.
    pub fn new(test: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("guided-dropout-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left lies among other temporary files
    }
}
