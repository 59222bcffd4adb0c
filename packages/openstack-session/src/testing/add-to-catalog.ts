import { keystonePassword } from '../auth/keystone-password.ts';
import { createSession, type Session } from '../session.ts';

interface Administered {
  readonly url: string;
  readonly adminPassword: string;
  readonly region: string;
}

/** A service under one URL. */
interface CatalogService {
  /** `placement` */
  readonly type: string;
  readonly url: string;
}

/**
 * Puts a service into the catalog of a Keystone, as its user `admin`; one of the same type stays beside it.
 *
 * @throws OpenStackError
 */
export async function addToCatalog(
  { url: keystone, adminPassword, region }: Administered,
  { type, url }: CatalogService,
): Promise<void> {
  const auth = keystonePassword({
    authUrl: keystone,
    username: 'admin',
    password: adminPassword,
    projectName: 'admin',
  });
  const session = createSession({ auth, endpointOverrides: { identity: `${keystone}/v3` } });
  try {
    const service = await create(session, '/services', { service: { type, name: type } });
    for (const name of ['public', 'internal', 'admin'])
      await create(session, '/endpoints', {
        endpoint: { service_id: service, interface: name, region_id: region, url },
      });
  } finally {
    await session.close();
  }
}

/** The id of what was made. */
async function create(session: Session, path: string, body: Record<string, unknown>): Promise<string> {
  const answer = await session.request({ service: 'identity', method: 'POST', path, body });
  const [made] = Object.values(answer.body as Record<string, { id: string }>);
  return made?.id ?? '';
}
