/** The bucket of the record, in the environment's account and region. */
export interface RecordSettings {
  /**
   * Name of a bucket of your own.
   *
   * @default a bucket that the deployment creates
   */
  readonly bucket?: string;
  /**
   * Folder in a bucket of your own, such as `telemetry/prod`.
   *
   * @default none
   */
  readonly prefix?: string;
  /**
   * Customer-managed KMS key that encrypts the bucket: its ARN, or the id of a key of this account.
   *
   * @default S3's own encryption
   */
  readonly kmsKey?: string;
}

/** A decision to accept a condition. */
export interface MuteSettings {
  /** @default all databases */
  readonly database?: string;
  /**
   * Identifier of an advisory, such as `GHSA-44jh-j22r-33wq`.
   *
   * @default every condition
   */
  readonly advisory?: string;
  /** The last day on which it holds, such as `2027-01-31`. */
  readonly until: string;
  readonly reason: string;
}
