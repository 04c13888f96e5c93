
process.env.NO_DEPRECATION = 'body-parser'
