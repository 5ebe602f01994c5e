/** Replaces a file of `@smithy/core`: Lambda sets AWS_REGION, so no metadata service is called for the region. */
export async function getInstanceMetadataRegion(): Promise<undefined> {}
