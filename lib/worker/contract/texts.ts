import * as z from 'zod/mini';
import { escapeUnprintable } from '../../config/printable.ts';

/** Limit of one text that a server has sent, in UTF-16 units. */
const MAX_TEXT_LENGTH = 65_536;
/** Limit of one sentence for a person, in UTF-16 units. */
export const MAX_SENTENCE_LENGTH = 16_384;
/** Limit of one token, such as an error code or a time. */
const MAX_TOKEN_LENGTH = 64;

/** Schema of a text of a server. */
export const textSchema = z.string().check(z.maxLength(MAX_TEXT_LENGTH));

/** Schema of a sentence for a person. */
export const sentenceSchema = z.string().check(
  z.maxLength(MAX_SENTENCE_LENGTH),
  z.refine((text) => text === escapeUnprintable(text), 'must be printable'),
);

/** An error code of PostgreSQL, Node or AWS. */
export const TOKEN = /^[A-Za-z0-9_.]{1,64}$/;
export const tokenSchema = z.string().check(z.regex(TOKEN));

/** Schema of a short text, such as a time. */
export const shortTextSchema = z.string().check(
  z.maxLength(MAX_TOKEN_LENGTH),
  z.refine((text) => text === escapeUnprintable(text), 'must be printable'),
);

/** Upper bound of every duration, in milliseconds: Lambda's longest timeout, and some time of the sender. */
const MAX_DURATION_MS = 3_600_000;

/** Schema of a duration in milliseconds. */
export const durationSchema = z.number().check(z.minimum(0), z.maximum(MAX_DURATION_MS));
