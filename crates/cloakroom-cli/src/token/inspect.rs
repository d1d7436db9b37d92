//! `cloakroom inspect`.

use serde_json::json;

use crate::exit::{Failure, Reply};
use crate::token::outside::{outside, what_else};
use crate::{files, hex};

/// Generation, lengths, times and schema take ten bytes at least, the session id 16.
const LEAST_CLAIMS: usize = 16;

pub(crate) fn run() -> Result<Reply, Failure> {
    let token = files::token("inspect")?;
    let Some(found) = outside(&token)? else {
        return Err(Failure::input(format!(
            "this is not a token: {}",
            what_else(&token)
        )));
    };
    let (nonce, tag) = (hex::encode(&found.nonce), hex::encode(&found.tag));
    let (sealed, characters, key) = (found.sealed, found.characters, found.key);
    let short = match sealed < LEAST_CLAIMS {
        true => ", too few for the claims of a session",
        false => "",
    };
    let text = format!(
        "NOT VERIFIED: anybody can write such a text; `cloakroom open` needs the keys and proves it\n\
         format      clk1, {characters} characters\n\
         key         {key}, by its own account\n\
         nonce       {nonce}\n\
         sealed      {sealed} bytes: claims and payload{short}\n\
         tag         {tag}\n"
    );
    let json = json!({
        "verified": false,
        "format": "clk1",
        "characters": characters,
        "key": key.to_string(),
        "nonce": nonce,
        "sealed_bytes": sealed,
        "tag": tag,
    });
    Ok(Reply::done(text, json))
}
