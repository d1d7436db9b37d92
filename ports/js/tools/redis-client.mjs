// Connections of the package "redis" in the form that RedisEngine takes.
import { createClient, RESP_TYPES } from "redis";

/** Two connections, one of which waits for news. They fail while there is no server, and come back. */
export async function connectRedis(url) {
  const clients = [1, 2].map(() => {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: 1000, reconnectStrategy: () => 100 },
    });
    client.on("error", () => {});
    return client;
  });
  // With a strategy that never gives up, the promise waits for the first connection.
  for (const client of clients) client.connect().catch(() => {});
  const sender = (client) => {
    const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer };
    return (args) =>
      client.sendCommand(args.map((a) => (typeof a === "string" ? a : Buffer.from(a))), { typeMapping });
  };
  const [send, sendBlocking] = clients.map(sender);
  return { send, sendBlocking, close: () => clients.forEach((client) => client.destroy()) };
}
