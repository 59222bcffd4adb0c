import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDeviceProfileRequest } from './device-profile-request.ts';

const group = { 'resources:FPGA': '1', 'trait:CUSTOM_FAKE_DEVICE': 'required' };

const read = (profile: unknown) => readDeviceProfileRequest([profile]);
const readGroup = (entries: unknown) => read({ name: 'gold', groups: [entries] }).groups[0];

describe('readDeviceProfileRequest', () => {
  it('reads a profile', () =>
    expect(read({ name: 'gold1', groups: [group] })).toEqual({
      id: null,
      name: 'gold1',
      description: null,
      groups: [group],
    }));

  it('reads a uuid in any spelling and a description of any scalar, and ignores other members', () => {
    const uuid = '8A1D6B0C6F0E4B35A0B41D3D6A4D6F01';
    const profile = read({
      name: 'g',
      uuid,
      description: 7,
      groups: [group],
      colour: 'red',
      id: 9,
      created_at: 'x',
    });
    expect(profile).toEqual({
      id: '8a1d6b0c-6f0e-4b35-a0b4-1d3d6a4d6f01',
      name: 'g',
      description: '7',
      groups: [group],
    });
  });

  it.each([[[]], [[{}, {}]], [{ name: 'x', groups: [group] }], [null], ['gold'], [7]])(
    'wants a list of exactly one: not %j',
    (body) =>
      expect(() => readDeviceProfileRequest(body)).toThrow(
        'Only one device profile allowed per POST request for now.',
      ),
  );

  it.each([
    [{ groups: [group] }, 'DeviceProfile name needed.'],
    [{ name: '', groups: [group] }, 'DeviceProfile name needed.'],
    [{ name: 'a b', groups: [group] }, 'Device profile name must be of the form ^[a-zA-Z0-9-_]+$'],
    [{ name: 'ab\n', groups: [group] }, 'Device profile name must be of the form ^[a-zA-Z0-9-_]+$'],
    [{ name: 5, groups: [group] }, 'Device profile name must be of the form ^[a-zA-Z0-9-_]+$'],
    [{ name: 'x'.repeat(256), groups: [group] }, 'at most 255 characters, not 256'],
    [{ name: 'x' }, 'DeviceProfile needs groups field.'],
    [{ name: 'x', groups: [] }, 'DeviceProfile needs groups field.'],
    [{ name: 'x', groups: {} }, 'Device profile groups must be a list of objects.'],
    [{ name: 'x', groups: ['a'] }, 'Device profile groups must be a list of objects.'],
    [{ name: 'x', groups: [group], uuid: 'nope' }, 'Expected a uuid but received nope.'],
    [{ name: 'x', groups: [group], uuid: 3 }, 'Expected a uuid but received 3.'],
    [{ name: 'x', groups: [group], description: {} }, 'Device profile description must be a string.'],
    [{ name: 'x', groups: [group], description: 'é'.repeat(32_768) }, 'at most 65535 bytes'],
    [
      { name: 'x', groups: [group, { 'resources:FPGA': '600', 'resources:PGPU': '400' }] },
      '1001 accelerators',
    ],
    ['gold', 'A device profile must be a JSON object.'],
  ])('refuses %j', (profile, message) =>
    expect(() => read(profile)).toThrowError(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(message) }),
    ),
  );

  it.each([
    [{}, {}],
    [{ 'resources:FPGA': 2 }, { 'resources:FPGA': '2' }],
    [{ 'resources:FPGA': '0' }, { 'resources:FPGA': '0' }],
    [{ 'resources:CUSTOM_X:Y': '1' }, { 'resources:CUSTOM_X:Y': '1' }],
    [
      { 'accel:a': 1.5, 'accel:b': true, 'accel:c': null, 'accel:': '' },
      { 'accel:a': '1.5', 'accel:b': 'True', 'accel:c': null, 'accel:': '' },
    ],
  ])('takes the group %j', (given, kept) => expect(readGroup(given)).toEqual(kept));

  it('takes blanks around a name away and moves its key to the end', () => {
    const read = readGroup({ 'resources: FPGA ': '1', 'accel:x': 'y', 'trait: CUSTOM_X': 'required' });
    expect(Object.entries(read ?? {})).toEqual([
      ['accel:x', 'y'],
      ['resources:FPGA', '1'],
      ['trait:CUSTOM_X', 'required'],
    ]);
  });

  it.each([
    [{ foo: '1' }, 'Device profile group keys must be of the form ^(resources:|trait:|accel:)'],
    [{ 'resources:NOPE': '1' }, 'Unsupported resource class NOPE'],
    [{ 'resources:FPGA': 'x' }, 'Resources number x is invalid'],
    [{ 'resources:FPGA': '-1' }, 'Resources number -1 is invalid'],
    [{ 'resources:FPGA': 1.5 }, 'Resources number 1.5 is invalid'],
    [{ 'resources:FPGA': true }, 'Resources number True is invalid'],
    [{ 'resources:FPGA': null }, 'Resources number None is invalid'],
    [{ 'resources:FPGA': ['1'] }, 'Resources number [...] is invalid'],
    [{ 'resources:FPGA': '1000000' }, 'Resources number 1000000 is invalid, at most 1000'],
    [{ 'trait:HW_X': 'required' }, 'Unsupported trait name format HW_X, should start with CUSTOM_'],
    [
      { 'trait:CUSTOM_X': 'maybe' },
      "Unsupported trait value maybe, the value must be one among ['required', 'forbidden']",
    ],
    [
      { 'trait:CUSTOM_X': null },
      "Unsupported trait value None, the value must be one among ['required', 'forbidden']",
    ],
    [{ 'accel:x': {} }, 'The value of accel:x must be a string.'],
  ])('refuses the group %j', (given, message) => expect(() => readGroup(given)).toThrow(message));

  it('answers any JSON at all with a profile or with request.invalid', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.tuple(fc.record({ name: fc.constant('n'), groups: fc.jsonValue() }))),
        (body) => {
          try {
            expect(readDeviceProfileRequest(body).name).not.toBe('');
          } catch (error) {
            expect(error).toMatchObject({ code: 'request.invalid' });
          }
        },
      ),
    );
  });

  it('reads what it has read unchanged', () => {
    const entry = fc.oneof(
      fc.tuple(fc.constantFrom('resources: FPGA', 'resources:CUSTOM_A '), fc.nat(100).map(String)),
      fc.tuple(
        fc.constantFrom('trait:CUSTOM_B', 'trait: CUSTOM_C'),
        fc.constantFrom('required', 'forbidden'),
      ),
      fc.tuple(
        fc.string().map((key) => `accel:${key}`),
        fc.oneof(fc.string(), fc.constant(null)),
      ),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const once = readGroup(Object.fromEntries(entries));
        expect(readGroup(once)).toEqual(once);
      }),
    );
  });
});
