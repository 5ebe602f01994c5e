import type { ServerResponse } from 'node:http';

/** Writes spaces until the client closes the connection. */
export function writeEndlessly(response: ServerResponse): void {
  const chunk = Buffer.alloc(1_000, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
