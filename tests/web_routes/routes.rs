//! What the handlers do, for both frameworks.

use cloakroom::web::{CommandError, SessionHandle};

use crate::world::{Parts, User, user};

/// What a login calls its device.
pub(crate) const LABEL: &str = "Firefox\non Linux";

/// One route per command: `POST /{command}/{name}`. A word before the command says what happens
/// elsewhere while the handler runs, one behind it what the handler makes of an error.
pub(crate) async fn command(
    parts: &Parts,
    handle: &SessionHandle<User>,
    command: &str,
    name: &str,
) -> Result<String, CommandError> {
    let mut command = command;
    if let Some(rest) = command.strip_prefix("ousted-") {
        // `name` loses a device, logs out everywhere and in again.
        handle.session()?;
        parts.sessions.revoke_subject(name).unwrap();
        parts.sessions.issue(name, &user(name)).unwrap();
        command = rest;
    }
    if let Some(rest) = command.strip_prefix("blind-") {
        handle.session()?;
        parts.view.go_stale(true);
        command = rest;
    }
    if let Some(rest) = command.strip_prefix("again-") {
        parts.view.fail(true);
        once(handle, rest, name).await.unwrap_err();
        parts.view.fail(false);
        command = rest;
    }
    match command.strip_suffix("-anyway") {
        Some(rest) => {
            handle.session()?;
            drop(once(handle, rest, name).await);
            Ok("done".to_owned())
        }
        None => once(handle, command, name).await,
    }
}

async fn once(
    handle: &SessionHandle<User>,
    command: &str,
    name: &str,
) -> Result<String, CommandError> {
    let noted = |note: &str| User {
        name: name.into(),
        note: note.into(),
    };
    match command {
        "login" | "login-500" => handle.login(name, user(name)).await?,
        "login-twice" => {
            handle.login(name, user(name)).await?;
            handle.login(name, noted("second")).await?;
        }
        "login-large" => handle.login(name, noted(&"x".repeat(2_950))).await?,
        "login-bearer" => {
            let issued = handle.login_bearer(name, user(name)).await?;
            return Ok(issued.token.as_str().to_owned());
        }
        "login-labelled" => handle.login_labelled(name, user(name), LABEL).await?,
        "login-bearer-labelled" => {
            let issued = handle
                .login_bearer_labelled(name, user(name), LABEL)
                .await?;
            return Ok(issued.token.as_str().to_owned());
        }
        "update" => handle.update(&noted("updated"))?,
        "update-large" => handle.update(&noted(&"x".repeat(4_000)))?,
        "rotate" => handle.rotate().await?,
        "rotate-with" => handle.rotate_with(noted("rotated")).await?,
        "rotate-large" => handle.rotate_with(noted(&"x".repeat(2_950))).await?,
        "rotate-bearer" => {
            let issued = handle.rotate_bearer(None).await?;
            return Ok(issued.token.as_str().to_owned());
        }
        "reauthenticate" => handle.reauthenticate(noted("again")).await?,
        "reauthenticate-large" => handle.reauthenticate(noted(&"x".repeat(2_950))).await?,
        "renew-bearer" => {
            let issued = handle.renew_bearer()?;
            return Ok(issued.map_or_else(String::new, |issued| issued.token.into_string()));
        }
        "logout" | "logout-500" => handle.logout().await?,
        "login-logout" => {
            handle.login(name, user(name)).await?;
            handle.logout().await?;
        }
        "login-large-then-small" => {
            let large = handle.login(name, noted(&"x".repeat(2_950))).await;
            large.unwrap_err();
            handle.login(name, user(name)).await?;
        }
        "login-both" => {
            handle.login(name, user(name)).await?;
            let issued = handle.login_bearer(name, user(name)).await?;
            return Ok(issued.token.as_str().to_owned());
        }
        "login-both-logout" => {
            handle.login(name, user(name)).await?;
            handle.login_bearer(name, user(name)).await?;
            handle.logout().await?;
        }
        "poll" => {
            handle.without_renewal();
            drop(handle.session()?);
        }
        "poll-login" => {
            handle.without_renewal();
            handle.login(name, user(name)).await?;
        }
        "look" => drop(handle.session()?),
        "look-again" => drop(handle.verify_again()?),
        "carrier" => return Ok(format!("{:?}", handle.carrier())),
        "logout-everywhere" => handle.logout_everywhere().await?,
        "logout-others" => handle.logout_others().await?,
        // The session as the rest of the handler sees it.
        "login-and-look" => {
            handle.login(name, user(name)).await?;
            let session = handle.session().unwrap();
            return Ok(session.payload().name.clone());
        }
        "form" => return Ok(handle.form_token()?.to_string()),
        "check-form" => handle.check_form(name)?,
        other => panic!("no command {other}"),
    }
    Ok("done".to_owned())
}

/// The status of a handler that fails after its command.
pub(crate) fn status(command: &str) -> u16 {
    if command.ends_with("-500") { 500 } else { 200 }
}
