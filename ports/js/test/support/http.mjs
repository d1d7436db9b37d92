// Requests to the examples, with fields that repeat.
import { once } from "node:events";
import { request } from "node:http";
import { serve } from "@hono/node-server";
import * as express from "../../examples/express.mjs";
import * as hono from "../../examples/hono.mjs";

export const NAME = "__Host-session";

async function listening(server) {
  if (!server.listening) await once(server, "listening");
  return server;
}

export const frameworks = {
  express: (sessions, check) => listening(express.makeApp(sessions, check).listen(0, "127.0.0.1")),
  hono: (sessions, check) =>
    listening(serve({ fetch: hono.makeApp(sessions, check).fetch, port: 0, hostname: "127.0.0.1" })),
};

/** One request; `fields` are [name, value] pairs, so that names can repeat. */
export function send(server, path, { method = "GET", fields = [], body } = {}) {
  const headers = fields.flat();
  if (body !== undefined) headers.push("content-type", "application/json", "content-length", `${body.length}`);
  return new Promise((done, failed) => {
    const options = { port: server.address().port, host: "127.0.0.1", path, method, agent: false };
    const outgoing = request({ ...options, headers: ["host", "localhost", ...headers] }, async (incoming) => {
      let text = "";
      for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
      done({ status: incoming.statusCode, headers: incoming.headers, text });
    });
    outgoing.once("error", failed).end(body);
  });
}

export const cookie = (token) => [["cookie", `${NAME}=${token}`]];
export const bearer = (token) => [["authorization", `Bearer ${token}`]];

/** Runs with a server over the sessions of a world, and ends it. */
export async function withServer(listen, world, check, run) {
  const server = await listen(world.main, check);
  try {
    await run(world, server);
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}
