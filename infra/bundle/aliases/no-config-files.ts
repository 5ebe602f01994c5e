/** Replaces a file of `@smithy/core`: a function has no configuration files of the AWS SDK. */
export const CONFIG_PREFIX_SEPARATOR = '.';

export async function loadSharedConfigFiles() {
  return { configFile: {}, credentialsFile: {} };
}
