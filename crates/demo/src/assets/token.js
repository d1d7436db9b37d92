// The panel that takes a token apart. Every verdict in it is the server's answer to a request made
// at that moment.

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PREFIX = "clk1.";
const log = document.getElementById("token-log");
const view = document.getElementById("token-view");
const text = document.getElementById("token-text");
const buttons = Object.fromEntries(
  ["make", "use", "flip", "swap", "end", "replay"].map((name) => [
    name,
    document.getElementById(`token-${name}`),
  ]),
);
let made;

function element(name, className, content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

// A character holds six bits; it is coloured by the field that its first bit is in.
function fieldOf(index) {
  if (index < PREFIX.length) return "prefix";
  const bit = (index - PREFIX.length) * 6;
  let end = 0;
  for (const field of made.outside.slice(1)) {
    end += field.bytes * 8;
    if (bit < end) return field.name;
  }
  return "tag";
}

function show(token, flipped) {
  text.replaceChildren();
  let run;
  [...token].forEach((character, index) => {
    const field = index === flipped ? "flipped" : fieldOf(index);
    if (run?.className !== field) {
      run = element("span", field, "");
      text.append(run);
    }
    run.textContent += character;
  });
}

function table(id, fields) {
  const rows = fields.map((field) => {
    const row = element("tr");
    const name = element("td");
    name.append(element("span", `dot ${field.name}`), field.what);
    if (field.value && id === "token-outside") name.append(" ", element("code", "", field.value));
    row.append(name, element("td", "number", String(field.bytes)));
    if (id === "token-inside") {
      const value = element("td");
      value.append(element("code", "", field.value));
      row.append(value);
    }
    return row;
  });
  document.querySelector(`#${id} tbody`).replaceChildren(...rows);
}

async function request(what, path, options) {
  try {
    const answer = await fetch(path, { cache: "no-store", ...options });
    const line = element("li", answer.ok ? "accepted" : "refused");
    line.append(element("b", "", String(answer.status)), `${answer.ok ? "Accepted" : "Refused"}: ${what}`);
    log.prepend(line);
    return answer.ok;
  } catch {
    log.prepend(element("li", "", "The server does not answer."));
    return false;
  }
}

function present(what, path, token, method = "GET") {
  return request(what, path, { method, headers: { Authorization: `Bearer ${token}` } });
}

// In a cookie, as a thief would bring it who had copied the browser's.
async function replay() {
  show(made.token);
  const cookie = (value, age) => {
    const secure = made.secure ? "; Secure" : "";
    document.cookie = `${made.cookie}=${value}; Path=/; SameSite=Strict; Max-Age=${age}${secure}`;
  };
  cookie(made.token, 60);
  await request("the old cookie after its logout", "/api/specimen", {});
  cookie("", 0);
}

async function make() {
  const answer = await fetch("/api/specimen/make", { method: "POST" });
  if (!answer.ok) return;
  made = await answer.json();
  show(made.token);
  table("token-outside", made.outside);
  table("token-inside", made.inside);
  log.replaceChildren();
  view.hidden = false;
  buttons.make.textContent = "Make another";
  for (const name of ["use", "flip", "swap", "end"]) buttons[name].disabled = false;
  buttons.replay.disabled = true;
}

function flip() {
  // In a character of the ciphertext or the tag, any but the last, which may hold unused bits.
  const first = Math.ceil(((4 + 24) * 8) / 6) + PREFIX.length;
  const at = first + Math.floor(Math.random() * (made.token.length - 1 - first));
  const value = CHARACTERS.indexOf(made.token[at]) ^ (1 << Math.floor(Math.random() * 6));
  const forged = made.token.slice(0, at) + CHARACTERS[value] + made.token.slice(at + 1);
  show(forged, at);
  return present(`character ${at + 1} has one bit flipped`, "/api/specimen", forged);
}

async function end() {
  if (!(await present("log this token out", "/api/specimen/end", made.token, "POST"))) return;
  for (const name of ["use", "flip", "swap", "end"]) buttons[name].disabled = true;
  buttons.replay.disabled = false;
  buttons.replay.focus();
}

function whole(what, path) {
  show(made.token);
  return present(what, path, made.token);
}

buttons.make.addEventListener("click", make);
buttons.use.addEventListener("click", () => whole("the token as it was made", "/api/specimen"));
buttons.flip.addEventListener("click", flip);
buttons.swap.addEventListener("click", () => whole("a token of another purpose, as a login", "/api/me"));
buttons.end.addEventListener("click", end);
buttons.replay.addEventListener("click", replay);
