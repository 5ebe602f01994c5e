import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { ListenOptions } from '../../../emulator/http-server.ts';
import { type Certificate, createCertificate } from '../../support/network/certificates.ts';
import { createAuthorities, type ServerTls } from '../../support/network/faulty-tls.ts';
import { type Arrange, type Faulty, timeFor } from '../../support/run/faults.ts';

/** Time for a run that reaches the delivery and ends before the 10 s of an answer. */
export const SHORT_MS = timeFor(2_500, 9_000);

export const AUTHORITIES = await createAuthorities();
/** A file with the certificates of the authorities, for NODE_EXTRA_CA_CERTS. */
export const AUTHORITY_FILE = join(await mkdtemp(join(inject('folder'), 'faults-')), 'ca.pem');
await writeFile(AUTHORITY_FILE, AUTHORITIES.bundle);

/** Creates a valid certificate of the endpoint. */
export function validCertificate(name = 'localhost'): Promise<Certificate> {
  return createCertificate(name, AUTHORITIES.authority);
}

export function toEndpoint(endpoint: string): Record<string, string> {
  return { DELIVERY: JSON.stringify({ endpoint }) };
}

/** Replaces the endpoint of the world, which must not get a connection. */
export const elsewhere =
  (
    start: (stack: AsyncDisposableStack) => Promise<string> | string,
    faulty: Faulty = {},
  ): Arrange =>
  async (stack) => ({ ...faulty, environment: toEndpoint(await start(stack)) });

/** Makes the endpoint an https server, and lets the function trust the authorities. */
export const overTls =
  (tls: () => Promise<ServerTls>, listenOptions: ListenOptions = {}): Arrange =>
  async () => ({
    world: { endpoint: { ...listenOptions, tls: await tls() } },
    environment: { NODE_EXTRA_CA_CERTS: AUTHORITY_FILE },
  });
