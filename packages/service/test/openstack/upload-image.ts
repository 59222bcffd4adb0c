import type { AuthProvider, Session } from '@cyborgjs/openstack-session';

interface NewImage {
  readonly name: string;
  readonly bytes: Uint8Array | string;
  /** Properties beside those that every image has. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Puts an image into Glance, for everybody to see; its id. */
export async function uploadImage(
  admin: Session,
  auth: AuthProvider,
  { name, bytes, properties = {} }: NewImage,
): Promise<string> {
  const image = { name, disk_format: 'raw', container_format: 'bare', visibility: 'public', ...properties };
  const made = await admin.request({ service: 'image', method: 'POST', path: '/v2/images', body: image });
  const { id } = made.body as { id: string };
  const upload = await fetch(`${await admin.endpoint('image')}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: {
      ...(await auth.headers(AbortSignal.timeout(60_000))),
      'content-type': 'application/octet-stream',
    },
    body: Buffer.from(bytes),
  });
  if (!upload.ok) throw new Error(`Glance took no image: ${upload.status} ${await upload.text()}`);
  return id;
}
