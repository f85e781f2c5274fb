//! Values of settings on the command line.

use serde::de::DeserializeOwned;

/// A value by its name in settings.
///
/// # Errors
/// The names that there are, where it is none of them.
pub fn by_name<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}
