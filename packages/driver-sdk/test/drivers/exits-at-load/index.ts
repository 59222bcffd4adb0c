process.stderr.write('libacme.so: cannot open shared object file\n');
process.exit(7);
