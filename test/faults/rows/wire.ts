import {
  AUTHENTICATION_UNSUPPORTED,
  CLEAR_TEXT_REFUSED,
  DATABASE_BUSY,
  DATABASE_CONNECTION_LOST,
  DATABASE_NOT_POSTGRESQL,
} from '../expected-messages.ts';
import type { ExpectedMessage, FaultGroup } from './fault.ts';

function fails(fault: string, expected: ExpectedMessage, origin?: string) {
  return { fault, outcome: 'failed', expected, ...(origin !== undefined && { origin }) } as const;
}

export const WIRE_FAULTS = {
  title: 'Protocol messages of the server',
  split: 'own',
  command: 'own',
  faults: {
    gssapi: fails(
      'the server requires GSSAPI (gss in pg_hba.conf)',
      AUTHENTICATION_UNSUPPORTED,
      'GSSAPI',
    ),
    sspi: fails(
      'the server requires SSPI (sspi in pg_hba.conf)',
      AUTHENTICATION_UNSUPPORTED,
      'SSPI',
    ),
    oauth: fails(
      'the server requires a token (oauth in pg_hba.conf)',
      AUTHENTICATION_UNSUPPORTED,
      'OAUTHBEARER',
    ),
    unknownMethod: fails(
      'the server requires an unknown authentication method',
      AUTHENTICATION_UNSUPPORTED,
      'AUTHENTICATION_99',
    ),
    clearText: fails(
      'the server requests the password in clear text (password in pg_hba.conf), with verify-ca',
      CLEAR_TEXT_REFUSED,
    ),
    shortRequest: fails(
      'an authentication request has no content (length 4)',
      DATABASE_NOT_POSTGRESQL,
    ),
    repeatedRequest: fails(
      'the server requests the password twice in one login',
      DATABASE_NOT_POSTGRESQL,
    ),
    unterminatedInLogin: fails(
      'an error during the login is empty (length 4)',
      DATABASE_NOT_POSTGRESQL,
    ),
    hugeClaimInLogin: fails('a message of the login claims to have 2 GB', DATABASE_NOT_POSTGRESQL),
    unknownTypeInLogin: fails(
      'a message of the login has an unknown type',
      DATABASE_NOT_POSTGRESQL,
    ),
    endlessLogin: fails('the messages of the login never end', DATABASE_NOT_POSTGRESQL),
    noProcess: fails(
      'the server cannot start a process for the session, and the target has turned TLS off',
      DATABASE_BUSY,
    ),
    unterminatedInQuery: fails(
      'an error during a statement is empty (length 4)',
      DATABASE_CONNECTION_LOST,
    ),
    hugeClaimInQuery: fails(
      'a message during a statement claims to have 2 GB',
      DATABASE_CONNECTION_LOST,
    ),
    negativeLength: fails('a message claims to have a negative length', DATABASE_CONNECTION_LOST),
    passwordInQuery: fails(
      'the server requests the password during a statement',
      DATABASE_CONNECTION_LOST,
    ),
    cutRow: fails('a row is shorter than its columns', DATABASE_CONNECTION_LOST),
    brokenJson: fails('a value of type json is not JSON', DATABASE_CONNECTION_LOST),
    endlessRows: fails('the rows of a statement never end', DATABASE_CONNECTION_LOST),
    endlessNotices: fails('the notices of a statement never end', DATABASE_CONNECTION_LOST),
    endlessEmptyRows: fails(
      'the rows of a statement never end, and have no columns',
      DATABASE_CONNECTION_LOST,
    ),
    endlessResults: fails('the results of a statement never end', DATABASE_CONNECTION_LOST),
    endlessColumns: fails(
      'the row descriptions of a statement never end, and have the maximum number of columns',
      DATABASE_CONNECTION_LOST,
    ),
    endlessArray: fails('a value of type text[] has millions of letters', DATABASE_CONNECTION_LOST),
    endlessJson: fails(
      'values of type json have millions of empty objects',
      DATABASE_CONNECTION_LOST,
    ),
  },
} satisfies FaultGroup;
