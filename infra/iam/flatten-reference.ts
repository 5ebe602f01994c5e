function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Writes a resolved value as cdk-nag names it in findings: `arn:<AWS::Partition>:s3:::<Bucket>/*`. Other functions of
 * CloudFormation are written as JSON.
 */
export function flattenReference(value: unknown): string {
  if (!isObject(value)) return String(value);
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::ImportValue': name } = value;
  if (Array.isArray(join)) {
    const [delimiter, parts] = join;
    return Array.isArray(parts) ? parts.map(flattenReference).join(String(delimiter)) : '';
  }
  if (Array.isArray(attribute)) return `<${attribute.map(flattenReference).join('.')}>`;
  if (ref !== undefined) return `<${String(ref)}>`;
  return name === undefined ? JSON.stringify(value) : flattenReference(name);
}
