"""Calls what the accelerator proxy of openstacksdk has, and prints what came of it."""
import json

import openstack

cloud = openstack.connect()
proxy = cloud.accelerator
seen = {}

devices = list(proxy.devices())
seen['devices'] = len(devices)
seen['device'] = proxy.get_device(devices[0].id).type

deployables = list(proxy.deployables())
seen['deployables'] = len(deployables)
seen['deployable'] = proxy.get_deployable(deployables[0].id).id == deployables[0].id

profile = proxy.create_device_profile(name='by-sdk', groups=[{'resources:PGPU': '1'}])
seen['profiles'] = [one.name for one in proxy.device_profiles()]
seen['profile'] = proxy.get_device_profile(profile.id).name

request = proxy.create_accelerator_request(device_profile_name='by-sdk')
seen['created'] = request.state
seen['requests'] = len(list(proxy.accelerator_requests()))
seen['shown'] = proxy.get_accelerator_request(request.id).state

patch = [{'path': '/' + name, 'op': 'add', 'value': value} for name, value in (
    ('hostname', 'compute1'), ('device_rp_uuid', request.id), ('instance_uuid', request.id))]
try:
    proxy.update_accelerator_request(request.id, patch)
except openstack.exceptions.HttpException as refusal:
    seen['bind'] = refusal.details

proxy.delete_accelerator_request(request.id)
proxy.delete_device_profile(profile.id)
# What is gone already is no error for the SDK.
proxy.delete_device_profile(profile.id)
seen['left'] = len(list(proxy.accelerator_requests())) + len(list(proxy.device_profiles()))
print(json.dumps(seen))
