import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that are not public: loopback, private networks, and ranges with special purposes. From IANA's registries of special-purpose
 * addresses for IPv4 and IPv6.
 */
const special = new BlockList();
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  addRange(range, 'ipv4');
}
for (const range of [
  '::/128',
  '::1/128',
  // Each of the next three embeds an IPv4 address, which can be any of the above; `::ffff:0:0/96` is checked as IPv4.
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]) {
  addRange(range, 'ipv6');
}

function addRange(range: string, family: 'ipv4' | 'ipv6'): void {
  const [network = '', bits] = range.split('/');
  special.addSubnet(network, Number(bits), family);
}

/** Thrown if a target's address is one that requests must not be sent to. */
export class PrivateAddressError extends Error {
  override name = 'PrivateAddressError';

  constructor(host: string) {
    super(`${host} has a private address, which this target does not allow`);
  }
}

/** Whether an IP address, without brackets, is on the public internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && !special.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Resolves a host like `dns.lookup`, and fails if any of its addresses is private. The connection uses the addresses that were checked, so
 * a name cannot change its address in between.
 * @throws {PrivateAddressError} to the callback.
 */
export const lookupPublic: LookupFunction = (host, options, answer) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) {
      answer(error, []);
      return;
    }
    const [first] = addresses;
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      answer(new PrivateAddressError(host), []);
    else if (options.all || !first) answer(null, addresses);
    else answer(null, first.address, first.family);
  });
};
