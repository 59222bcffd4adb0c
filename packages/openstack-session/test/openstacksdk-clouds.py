"""Resolves clouds with openstacksdk: a list of cases on stdin, a list of results on stdout, both JSON.

A case has cwd, home, env, cloud, region, overrides and services; its files lie there already.
"""
import importlib
import json
import os
import sys
import warnings

import openstack.config.loader as loader

warnings.simplefilter('ignore')


def service(cloud, type_):
    version = cloud._get_version_request(type_, None)
    return {
        'endpoint': cloud.get_endpoint(type_),
        'type': cloud.get_service_type(type_),
        'name': cloud.get_service_name(type_),
        'interface': cloud.get_interface(type_),
        'region': cloud.get_region_name(type_),
        'apiVersion': cloud.get_api_version(type_),
        'microversion': version.default_microversion,
        'connectRetries': cloud.get_connect_retries(type_),
        'statusRetries': cloud.get_status_code_retries(type_),
    }


def resolve(case):
    os.chdir(case['cwd'])
    os.environ.clear()
    os.environ.update(case['env'], HOME=case['home'])
    importlib.reload(loader)
    overrides = case.get('overrides') or {}
    cloud = loader.OpenStackConfig().get_one(
        case.get('cloud'), region_name=case.get('region'), **overrides)
    verify, cert = cloud.get_requests_verify_args()
    return {
        'name': cloud.name,
        'region': cloud.region_name,
        'authType': cloud.config['auth_type'],
        'auth': {k: str(v) for k, v in cloud.config['auth'].items() if v},
        'verify': verify,
        'cert': cert,
        'timeout': cloud.config['api_timeout'],
        'services': {t: service(cloud, t) for t in case['services']},
    }


def attempt(case):
    try:
        return resolve(case)
    except Exception as error:
        return {'error': '%s: %s' % (type(error).__name__, error)}


json.dump([attempt(case) for case in json.load(sys.stdin)], sys.stdout)
