throw new Error('code of a driver for another contract must not run');
