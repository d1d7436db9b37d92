// The open page: rings that count down, counters, and the end of the session when it comes.
// Nothing here is needed to log in or out, and nothing here can read the session's cookie.

const main = document.getElementById("main");
const news = document.getElementById("news");
const tabs = new BroadcastChannel("cloakroom-session");
const rings = [...document.querySelectorAll("[data-ring]")].map((element) => ({
  name: element.dataset.ring,
  element,
  clock: element.querySelector("[data-left]"),
  left: element.querySelector(".left"),
  at: element.querySelector("time"),
  deadline: Number(element.dataset.deadline),
  total: Number(element.dataset.total),
}));
// The server's time, and when it was told: the clock of this machine may be wrong.
let told;
let over = false;
let drawn = false;

function say(text) {
  news.textContent = text;
}

function serverTime() {
  return told.now + (performance.now() - told.at) / 1000;
}

function draw() {
  if (over || told === undefined) return;
  const now = serverTime();
  for (const ring of rings) {
    const left = Math.min(ring.total, Math.max(0, ring.deadline - now));
    const seconds = Math.ceil(left);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (ring.clock.textContent !== text) ring.clock.textContent = text;
    const gone = Math.round(1000 * (1 - left / ring.total));
    ring.left.setAttribute("stroke-dashoffset", String(gone));
  }
}

function move(deadlines) {
  for (const ring of rings) {
    const deadline = deadlines[ring.name];
    if (!deadline || deadline === ring.deadline) continue;
    const later = deadline > ring.deadline;
    ring.deadline = deadline;
    const utc = new Date(deadline * 1000).toISOString().replace(/\.\d+/, "");
    ring.at.dateTime = utc;
    ring.at.textContent = `${utc.slice(11, 19)} UTC`;
    ring.element.classList.remove("jump");
    if (later) requestAnimationFrame(() => ring.element.classList.add("jump"));
  }
  draw();
}

// What is on the page was for somebody who is not logged in any more.
function end(reason) {
  if (over) return;
  over = true;
  source?.close();
  const why = {
    revoked: "This session was ended: by you on another device, or by an administrator.",
    idle: "This session was not used for too long.",
    expired: "This session has reached its end. Log in again to go on.",
    invalid: "The key of this session was taken out of service.",
  };
  const card = document.createElement("section");
  card.className = "card narrow";
  card.id = "ended";
  const title = document.createElement("h1");
  title.textContent = "You are logged out";
  const text = document.createElement("p");
  text.textContent = why[reason] ?? "This session is over.";
  const link = document.createElement("a");
  link.className = "button";
  link.href = "/login";
  link.textContent = "Log in again";
  const action = document.createElement("p");
  action.append(link);
  card.append(title, text, action);
  main.replaceChildren(card);
  document.querySelector(".top nav")?.remove();
  document.title = "Logged out - cloakroom demo";
  say("");
  // Read aloud, and the next key press starts here.
  text.setAttribute("role", "alert");
  title.tabIndex = -1;
  title.focus();
}

async function ask() {
  const answer = await fetch("/api/me", { cache: "no-store" });
  if (answer.status === 401) end("");
  return answer.ok ? answer.json() : undefined;
}

// A request, as any other: if a renewal is due, its answer carries one. What it brought is seen by
// the next request, for the cookie itself is out of reach.
async function use() {
  try {
    const before = await ask();
    const after = before && (await ask());
    if (!after) return;
    told = { now: after.now, at: performance.now() };
    const deadlines = { idle: after.idle_deadline, absolute: after.absolute_deadline };
    const renewed = after.issued_at > before.issued_at;
    move(deadlines);
    tabs.postMessage(deadlines);
    say(renewed ? "Renewed: the idle ring jumped back." : "Used. No renewal was due yet.");
  } catch {
    say("The server does not answer.");
  }
}

function count(tick) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const value = tick[place.dataset.count];
    place.textContent = value === null || value === undefined ? "–" : value.toLocaleString("en");
  }
  for (const key of tick.keys ?? []) {
    const place = document.querySelector(`[data-key="${CSS.escape(key.id)}"]`);
    if (place) place.textContent = key.state;
  }
}

// The list as the server has it now. What stays keeps its place in the page, and the focus with it.
function list(devices) {
  const place = document.getElementById("devices");
  const empty = document.getElementById("device");
  if (!place || !empty || !devices) return;
  const known = new Map([...place.children].map((item) => [item.dataset.session, item]));
  const set = (item, name, text) => {
    for (const part of item.querySelectorAll(`[data-${name}]`)) {
      if (part.textContent !== text) part.textContent = text;
    }
  };
  devices.forEach((device, index) => {
    const found = known.get(device.session);
    const item = found ?? empty.content.firstElementChild.cloneNode(true);
    known.delete(device.session);
    item.dataset.session = device.session;
    item.querySelector("input[name=session]").value = device.session;
    set(item, "label", device.label);
    set(item, "here", device.here ? "This device" : "");
    set(item, "action", device.here ? "Log out here" : "Sign out");
    for (const name of ["started", "renewed"]) {
      const time = item.querySelector(`[data-${name}] time`);
      time.dateTime = device[name];
      time.textContent = `${device[name].slice(11, 19)} UTC`;
    }
    if (place.children[index] !== item) place.insertBefore(item, place.children[index] ?? null);
    if (!found && drawn) say(`${device.label} logged in.`);
  });
  for (const gone of known.values()) gone.remove();
  drawn = true;
}

function state(text, on) {
  const place = document.getElementById("live");
  if (!place) return;
  place.textContent = text;
  place.classList.toggle("on", on);
}

// A refusal closes a stream for good; anything else is tried again by the browser. Whether it was the
// session that was refused is asked, and if it was something on the way, a proxy or a server that
// starts, there is another try.
//
// Only a page that is seen listens: browsers open six connections to a server, and six streams of as
// many tabs would leave none to log out with. What happened meanwhile is asked when it is seen again.
let source;
function listen() {
  if (over || source || document.visibilityState === "hidden") return;
  const opened = new EventSource("/api/events");
  source = opened;
  opened.addEventListener("tick", (event) => {
    const tick = JSON.parse(event.data);
    if (tick.now !== null) told = { now: tick.now, at: performance.now() };
    state("live", true);
    count(tick);
    list(tick.devices);
    draw();
  });
  opened.addEventListener("ended", (event) => end(event.data));
  opened.addEventListener("error", async () => {
    if (over) return;
    state("reconnecting", false);
    if (opened.readyState !== EventSource.CLOSED) return;
    if (source === opened) source = undefined;
    await ask().catch(() => {});
    setTimeout(listen, 2_000);
  });
}
listen();
// Told to the page that a login leads to, so that it can say when no cookie came with it.
if (location.search === "?in") history.replaceState(null, "", location.pathname);

document.addEventListener("visibilitychange", async () => {
  if (over) return;
  if (document.visibilityState === "hidden") {
    source?.close();
    source = undefined;
    state("paused", false);
    return;
  }
  await ask().catch(() => {});
  listen();
});

tabs.addEventListener("message", (event) => move(event.data));
document.getElementById("use")?.addEventListener("click", use);
// A page that the browser kept for its back button may be of somebody who has left.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
for (const part of document.querySelectorAll("[data-live]")) part.hidden = false;
setInterval(draw, 250);

if (document.getElementById("token")) import("/token.js");
